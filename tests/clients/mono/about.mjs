export default [
  {
    id: "mono",
    name: "ClientWebSocket (Mono)",
    language: "C#",
    packages: ["mono-runtime", "mono-mcs", "libmono-system-core4.0-cil"],
    build: [["mcs", "-out:{build}/websocket.exe", "websocket.cs"]],
    run: ["mono", "{build}/websocket.exe"],
    can: { fragments: true, emptyClose: false, tls: false },
    know: [
      "It tells code and reason of a Close (`CloseStatus`, `CloseStatusDescription`), and answers pings only while the program is inside `ReceiveAsync`. It cannot send pings of its own choice, does not compress and does not reconnect.",
      "`WebSocketCloseStatus.Empty` goes out as 1005, which must not be on the wire; triloop answers it with 1002, `a Close with code 1005, which may not be sent`. Close with `NormalClosure`, as [its authors say](https://github.com/dotnet/corefx/issues/29768).",
      "Over TLS it trusts what is in Mono's own store (`cert-sync`) and nothing else: neither `ServicePointManager.ServerCertificateValidationCallback` nor the one in its `Options` is asked. So it is not tried over TLS here.",
      "Of an answer other than 101 it says `Unable to connect to the remote server`, not which it was.",
    ],
  },
];
