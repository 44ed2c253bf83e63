// A command whose caller waits for it, by the name that the server's jobs use.
#ifndef PISTIS_SERVER_RUN_COMMAND_H_
#define PISTIS_SERVER_RUN_COMMAND_H_

#include "engine/operations/run_command.h"

namespace pistis::server {

using pistis::RunCommand;

}  // namespace pistis::server

#endif  // PISTIS_SERVER_RUN_COMMAND_H_
