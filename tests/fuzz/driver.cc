// Runs a fuzz target without libFuzzer:
//
//   driver CORPUS SECONDS [SEED]   each file, then mutations of them
//   driver FILE                    that input alone
//
// Mutations are made from the seed, which is printed; their number hangs on the
// machine. The input that ends the process is left in "crash-<target>", which
// is named.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

#include <fcntl.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace pistis {
namespace {

constexpr size_t kMostBytes = 4096;
constexpr unsigned kSecondsOfOne = 60;

// What the handler of signals can reach.
const std::string* current = nullptr;
char crash_path[256] = {};

void KeepInput(int signal) {
  const int file = open(crash_path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  const bool kept =
      file >= 0 && write(file, current->data(), current->size()) >= 0;
  constexpr char kText[] = "the input is in ";
  const bool told = kept && write(2, kText, sizeof(kText) - 1) >= 0 &&
                    write(2, crash_path, std::string_view(crash_path).size()) &&
                    write(2, "\n", 1) >= 0;
  std::signal(signal, SIG_DFL);
  if (told) fsync(file);
  std::raise(signal);
}

// A sanitizer ends the process by itself.
extern "C" void __sanitizer_set_death_callback(void (*callback)())
    __attribute__((weak));

void Watch(const std::string& target) {
  std::snprintf(crash_path, sizeof(crash_path), "crash-%s", target.c_str());
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGALRM})
    std::signal(signal, &KeepInput);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback([] { KeepInput(SIGABRT); });
  }
}

void Run(const std::string& input) {
  current = &input;
  alarm(kSecondsOfOne);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                         input.size());
  alarm(0);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Mutations {
 public:
  Mutations(std::vector<std::string> corpus, uint64_t seed)
      : corpus_(std::move(corpus)), random_(seed) {}

  std::string Next() {
    std::string input = Any();
    for (size_t left = 1 + Below(6); left > 0; --left)
      Change(input);
    input.resize(std::min(input.size(), kMostBytes));
    return input;
  }

 private:
  size_t Below(size_t end) { return end == 0 ? 0 : random_() % end; }
  const std::string& Any() { return corpus_[Below(corpus_.size())]; }

  void Change(std::string& input) {
    const size_t at = Below(input.size() + 1);
    const size_t count = Below(std::min<size_t>(input.size() - at, 64) + 1);
    switch (Below(6)) {
      case 0:
        input.erase(at, count);
        break;
      case 1:
        input.insert(at, input.substr(at, count));
        break;
      case 2:
        input.insert(at, 1, static_cast<char>(random_()));
        break;
      case 3: {
        const std::string& other = Any();
        input.replace(at, count, other, Below(other.size() + 1), 64);
        break;
      }
      case 4:
        if (at < input.size()) input[at] ^= static_cast<char>(1U << Below(8));
        break;
      default:
        if (at < input.size()) input[at] = static_cast<char>(random_());
        break;
    }
  }

  const std::vector<std::string> corpus_;
  std::mt19937_64 random_;
};

std::vector<std::string> ReadCorpus(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  corpus.reserve(paths.size());
  for (const auto& path : paths)
    corpus.push_back(ReadFile(path));
  return corpus;
}

int Main(const std::vector<std::string>& arguments) {
  Watch(std::filesystem::path(arguments[0]).filename());
  if (arguments.size() == 2) {
    Run(ReadFile(arguments[1]));
    return 0;
  }
  const std::vector<std::string> corpus = ReadCorpus(arguments[1]);
  if (corpus.empty()) {
    std::cerr << "there is nothing in " << arguments[1] << "\n";
    return 1;
  }
  const uint64_t seed =
      arguments.size() > 3 ? std::stoull(arguments[3]) : std::random_device{}();
  std::cout << "seed " << seed << std::endl;
  for (const std::string& input : corpus)
    Run(input);
  Mutations mutations(corpus, seed);
  const absl::Time end = absl::Now() + absl::Seconds(std::stoi(arguments[2]));
  size_t runs = 0;
  for (; absl::Now() < end; ++runs)
    Run(mutations.Next());
  std::cout << corpus.size() << " files and " << runs << " mutations held\n";
  return 0;
}

}  // namespace
}  // namespace pistis

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (arguments.size() < 2) {
    std::cerr << "usage: " << arguments[0] << " FILE | CORPUS SECONDS [SEED]\n";
    return 2;
  }
  return pistis::Main(arguments);
}
