// Who goes first where processors are short.
#ifndef PISTIS_SERVER_LIMITS_THREAD_PRIORITY_H_
#define PISTIS_SERVER_LIMITS_THREAD_PRIORITY_H_

namespace pistis::server {

// From here on the calling thread gives way to those that have not called this:
// the writer, its syncs and replies. Threads that take calls in do so. Where
// more comes in than can be done, work that was taken is finished first and
// more is taken later; otherwise refusing would take the time of selling.
// Cheap after the first time.
void GiveWay();

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_THREAD_PRIORITY_H_
