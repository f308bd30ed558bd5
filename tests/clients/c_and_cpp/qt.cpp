// Qt's QWebSocket.
#include <QCoreApplication>
#include <QFile>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QtWebSockets/QWebSocket>

#include "records.h"

int main(int argc, char** argv) {
  QCoreApplication application(argc, argv);
  QWebSocket socket(QString::fromStdString(setting("WS_ORIGIN")));
  int left = to_come();
  const auto one_less = [&] {
    if (--left != 0) return;
    const auto code = static_cast<QWebSocketProtocol::CloseCode>(number("WS_CLOSE_CODE", 1000));
    socket.close(code, QString::fromStdString(setting("WS_CLOSE_REASON")));
  };
  QObject::connect(&socket, &QWebSocket::connected, [&] {
    say("open ");
    if (asked("WS_PING")) socket.ping(QByteArray::fromStdString(setting("WS_PING")));
    for (const auto& [text, data] : messages()) {
      if (text) socket.sendTextMessage(QString::fromStdString(data));
      if (!text) socket.sendBinaryMessage(QByteArray::fromStdString(data));
    }
  });
  QObject::connect(&socket, &QWebSocket::textMessageReceived, [&](const QString& message) {
    heard(true, message.toStdString());
    one_less();
  });
  QObject::connect(&socket, &QWebSocket::binaryMessageReceived, [&](const QByteArray& message) {
    heard(false, message.toStdString());
    one_less();
  });
  QObject::connect(&socket, &QWebSocket::pong, [&](quint64, const QByteArray& payload) {
    say("pong " + payload.toStdString());
    one_less();
  });
  QObject::connect(&socket, QOverload<QAbstractSocket::SocketError>::of(&QWebSocket::error), [&] {
    say("failed " + socket.errorString().toStdString());
    if (socket.state() == QAbstractSocket::UnconnectedState) application.exit();
  });
  QObject::connect(&socket, &QWebSocket::disconnected, [&] {
    say("closed " + std::to_string(socket.closeCode()) + " - " +
        socket.closeReason().toStdString());
    application.exit();
  });
  if (asked("WS_CA")) {
    QSslConfiguration tls = socket.sslConfiguration();
    tls.setCaCertificates(QSslCertificate::fromPath(QString::fromStdString(setting("WS_CA"))));
    socket.setSslConfiguration(tls);
  }
  if (asked("WS_FRAGMENT")) socket.setOutgoingFrameSize(number("WS_FRAGMENT", 0));
  QNetworkRequest request(QUrl(QString::fromUtf8(argv[1])));
  for (const auto& [name, value] : headers()) {
    request.setRawHeader(QByteArray::fromStdString(name), QByteArray::fromStdString(value));
  }
  socket.open(request);
  return application.exec();
}
