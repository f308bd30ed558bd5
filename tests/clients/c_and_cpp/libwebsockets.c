/* libwebsockets. */
#include <libwebsockets.h>

#include "records_c.h"

static int left, over;
static char *message; /* what has come of one */
static size_t size;
static char ending[200] = "- -";

/* What a callback returns: -1 has it close. */
static int one_less(struct lws *wsi) {
  if (--left != 0) return 0;
  char *reason = getenv("WS_CLOSE_REASON");
  if (getenv("WS_CLOSE_CODE")) {
    enum lws_close_status code = (enum lws_close_status)number("WS_CLOSE_CODE", 0);
    lws_close_reason(wsi, code, (unsigned char *)reason, reason ? strlen(reason) : 0);
  }
  return -1;
}

static int write_one(struct lws *wsi) {
  static int pinged;
  if (getenv("WS_PING") && !pinged++) {
    unsigned char ping[LWS_PRE + 125];
    size_t length = strlen(getenv("WS_PING"));
    memcpy(ping + LWS_PRE, getenv("WS_PING"), length);
    lws_callback_on_writable(wsi);
    return lws_write(wsi, ping + LWS_PRE, length, LWS_WRITE_PING) < 0 ? -1 : 0;
  }
  static char *data;
  static size_t length, sent;
  static int text;
  if (!data || sent == length) { /* the last one may go only now: its compressor may have pointed into it */
    free(data);
    sent = 0;
    if ((data = next_message(LWS_PRE, &length, &text)) == NULL) return 0;
  }
  size_t most = (size_t)number("WS_FRAGMENT", INT_MAX), part = length - sent < most ? length - sent : most;
  int flags = lws_write_ws_flags(text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY, sent == 0, sent + part == length);
  if (lws_write(wsi, (unsigned char *)data + LWS_PRE + sent, part, (enum lws_write_protocol)flags) < 0) return -1;
  sent += part;
  lws_callback_on_writable(wsi);
  return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  (void)user;
  static char protocol[100] = "";
  switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
      unsigned char **p = in, *end = *p + len;
      char *headers = strdup(getenv("WS_HEADERS") ? getenv("WS_HEADERS") : "");
      for (char *line = strtok(headers, "\n"); line; line = strtok(NULL, "\n")) {
        char *value = strstr(line, ": ") + 2, name[100] = "";
        memcpy(name, line, (size_t)(value - line) - 1); /* with its colon */
        int length = (int)strlen(value);
        if (lws_add_http_header_by_name(wsi, (unsigned char *)name, (unsigned char *)value, length, p, end)) return -1;
      }
      return 0;
    }
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
      lws_hdr_copy(wsi, protocol, sizeof protocol, WSI_TOKEN_PROTOCOL);
      return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      printf("open %s\n", protocol);
      fflush(stdout);
      lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return write_one(wsi);
    case LWS_CALLBACK_CLIENT_RECEIVE:
      message = realloc(message, size + len + 1);
      memcpy(message + size, in, len);
      size += len;
      if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi)) return 0;
      heard(!lws_frame_is_binary(wsi), message, size);
      size = 0;
      return one_less(wsi);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      printf("pong %.*s\n", (int)len, (char *)in);
      return one_less(wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: {
      const unsigned char *code = in;
      if (len >= 2) snprintf(ending, sizeof ending, "%d - %.*s", code[0] << 8 | code[1], (int)len - 2, (char *)in + 2);
      if (len < 2) strcpy(ending, "1005 -");
      return 0;
    }
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      printf("failed %s\n", in ? (char *)in : "");
      return over = 1;
    case LWS_CALLBACK_CLIENT_CLOSED:
      printf("closed %s\n", ending);
      return over = 1;
    default:
      return lws_callback_http_dummy(wsi, reason, user, in, len);
  }
}

int main(int argc, char **argv) {
  (void)argc;
  left = to_come();
  char offer[200] = "permessage-deflate; client_max_window_bits";
  if (getenv("WS_COMPRESS") && !strcmp(getenv("WS_COMPRESS"), "no-context")) {
    strcat(offer, "; client_no_context_takeover; server_no_context_takeover");
  }
  const struct lws_extension extensions[] = {{"permessage-deflate", lws_extension_callback_pm_deflate, offer},
    {NULL, NULL, NULL}};
  struct lws_protocols protocols[10] = {{"any", callback, 0, 65536, 0, NULL, 0}};
  char *names = strdup(getenv("WS_PROTOCOLS") ? getenv("WS_PROTOCOLS") : "");
  int count = 1; /* each that the server may choose has to be there */
  for (char *name = strtok(names, ","); name && count < 9; name = strtok(NULL, ",")) {
    protocols[count] = protocols[0];
    protocols[count++].name = name;
  }
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols,
    .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT, .client_ssl_ca_filepath = getenv("WS_CA"),
    .extensions = getenv("WS_COMPRESS") ? extensions : NULL};
  struct lws_context *context = lws_create_context(&info);
  const char *scheme, *host, *path;
  int port;
  if (lws_parse_uri(argv[1], &scheme, &host, &port, &path)) return 1;
  char whole[1000], address[200];
  snprintf(whole, sizeof whole, "/%s", path);
  snprintf(address, sizeof address, "%s:%d", host, port);
  struct lws_client_connect_info to = {.context = context, .address = host, .port = port, .path = whole,
    .host = address, .origin = getenv("WS_ORIGIN"), .protocol = getenv("WS_PROTOCOLS"), .local_protocol_name = "any",
    .ssl_connection = strcmp(scheme, "wss") ? 0 : LCCSCF_USE_SSL};
  lws_client_connect_via_info(&to);
  while (!over && lws_service(context, 0) >= 0) {
  }
}
