// The load of the points test, and what is sent once more after a crash.
#ifndef PISTIS_TESTS_CRASH_COMMAND_LOOP_H_
#define PISTIS_TESTS_CRASH_COMMAND_LOOP_H_

#include "tests/crash/books.h"
#include "tests/crash/client.h"
#include "tests/crash/command_maker.h"
#include "tests/crash/commands.h"
#include "tests/crash/findings.h"

namespace pistis::crash {

// Sends one command after another, and now and then one of before, until the
// server is gone. Returns what was sent and answered. Findings: a refusal that
// the command cannot earn, a repeated command with another answer. Blocks.
CommandJournal RunCommandLoop(Client& client, int cycle, CommandMaker& maker,
                              Findings& findings);

// What the server was started on.
enum class After {
  // The data of the server that answered.
  kCrash,
  // A backup of it, which may lack what other commands build on.
  kRestore
};

// Sends everything once more, and what was not answered twice, and notes the
// answers in the journal. Findings: another answer, a refusal that the command
// cannot earn, other content that is not refused.
void SendCommandsAgain(Shop& shop, After after, CommandJournal& journal,
                       Findings& findings);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_COMMAND_LOOP_H_
