// Processor time, of this process and of the server.
#ifndef PISTIS_TESTS_BENCH_CPU_TIME_H_
#define PISTIS_TESTS_BENCH_CPU_TIME_H_

#include <sys/types.h>

#include "absl/time/time.h"

namespace pistis::bench {

// What all threads of the process have used so far, in user and kernel
// together. Zero where there is no such process.
[[nodiscard]] absl::Duration CpuTimeOf(pid_t pid);

}  // namespace pistis::bench

#endif  // PISTIS_TESTS_BENCH_CPU_TIME_H_
