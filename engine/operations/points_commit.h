// What the commands of LedgerService share: a program's sums and rulebook, the
// journal of the commit, and accounts in it.
#ifndef PISTIS_ENGINE_OPERATIONS_POINTS_COMMIT_H_
#define PISTIS_ENGINE_OPERATIONS_POINTS_COMMIT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/ledger_entry.pb.h"
#include "pistis/v1/order.pb.h"

#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/once.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// One command's commit on its way.
class PointsCommit {
 public:
  // NOT_FOUND where there is no such program.
  static absl::StatusOr<PointsCommit> Open(const OperationEnv& env,
                                           const Reader& reader,
                                           const CommitContext& context,
                                           const ProgramId& program);

  // FIELD_INVALID where a command says that it took place further ahead than a
  // caller's clock may be.
  [[nodiscard]] absl::Status CheckPlaced(
      std::optional<absl::Time> placed) const;

  // A member's account at `at`; nothing: now. NOT_FOUND.
  absl::StatusOr<MemberLedger> LoadLedger(const MemberId& member,
                                          std::optional<absl::Time> at) const;

  // The same as `reader` shows it, which must outlive all but the ledger's
  // Post.
  absl::StatusOr<MemberLedger> LoadLedgerOver(
      const Reader& reader, const MemberId& member,
      std::optional<absl::Time> at) const;

  // The lot that points go to which become available at `at`: as the caller
  // says, or else the rulebook. FIELD_INVALID where the caller's expiry is over
  // by then, or lies more than a hundred years ahead.
  absl::StatusOr<Lot> LotAt(absl::Time at,
                            std::optional<absl::Time> expire) const;
  [[nodiscard]] LotTerms TermsAt(absl::Time at) const {
    return LotTermsOf(rulebook_.get(), at);
  }
  // Null before the program's first.
  [[nodiscard]] const Rulebook* rulebook() const { return rulebook_.get(); }
  // The program's.
  [[nodiscard]] absl::TimeZone zone() const { return zone_; }
  [[nodiscard]] EntrySource SourceOf(const std::string& reason) const;
  [[nodiscard]] const Reader& reader() const { return reader_; }
  [[nodiscard]] const ProgramId& program() const { return program_; }
  [[nodiscard]] const CommitContext& context() const { return context_; }
  [[nodiscard]] Journal& journal() { return journal_; }
  [[nodiscard]] const OperationEnv& env() const { return env_; }

  // The entry and the account as the reply shows them.
  [[nodiscard]] v1::LedgerEntry Show(const LedgerEntry& entry,
                                     const EntrySource& source) const;
  [[nodiscard]] v1::Account Show(const MemberLedger& ledger) const;

 private:
  PointsCommit(const OperationEnv& env, const Reader& reader,
               const CommitContext& context, Journal journal)
      : env_(env),
        reader_(reader),
        context_(context),
        journal_(std::move(journal)) {}

  const OperationEnv& env_;
  const Reader& reader_;
  const CommitContext& context_;
  ProgramId program_;
  std::shared_ptr<const Rulebook> rulebook_;
  absl::TimeZone zone_;
  Journal journal_;
};

// Runs `decide(commit)` once for the command's request_id. An unknown program
// is not remembered.
template <typename Reply, typename Input, typename Decide>
absl::StatusOr<DecidedReply<Reply>> OnceInProgram(const OperationEnv& env,
                                                  const Reader& reader,
                                                  const CommitContext& context,
                                                  const Input& input,
                                                  Decide decide) {
  PISTIS_ASSIGN_OR_RETURN(
      PointsCommit commit,
      PointsCommit::Open(env, reader, context, input.program));
  const RequestKeyParts key{.program = input.program,
                            .request = RequestId(input.request.request_id()),
                            .fingerprint = input.fingerprint};
  return Once<Reply>(
      reader, context, key, [&]() -> absl::StatusOr<DecidedReply<Reply>> {
        PISTIS_ASSIGN_OR_RETURN(Reply reply, decide(commit));
        if constexpr (requires { reply.set_commit_seq(0); }) {
          reply.set_commit_seq(context.commit_seq);
        }
        PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                                std::move(commit.journal()).Take(env, reader));
        return DecidedReply<Reply>{.reply = Encode(reply),
                                   .writes = std::move(writes)};
      });
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_POINTS_COMMIT_H_
