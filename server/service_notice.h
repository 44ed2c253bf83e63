// Tells the service manager (systemd, Type=notify) how the server is.
#ifndef PISTIS_SERVER_SERVICE_NOTICE_H_
#define PISTIS_SERVER_SERVICE_NOTICE_H_

namespace pistis::server {

// The server listens. Nothing happens where no service manager asked for it.
void NotifyReady();
// The server drains.
void NotifyStopping();

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SERVICE_NOTICE_H_
