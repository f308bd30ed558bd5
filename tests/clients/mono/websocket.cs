// .NET's System.Net.WebSockets.ClientWebSocket, as Mono has it.
using System;
using System.IO;
using System.Linq;
using System.Net.WebSockets;
using System.Threading;
using System.Threading.Tasks;

static class Client
{
    static readonly Stream Output = Console.OpenStandardOutput();
    static readonly CancellationToken None = CancellationToken.None;

    static string Env(string name) => Environment.GetEnvironmentVariable("WS_" + name);
    static string[] Split(string name, char separator) =>
        (Env(name) ?? "").Split(new[] { separator }, StringSplitOptions.RemoveEmptyEntries);

    static void Say(string line, byte[] data = null)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(line + "\n").Concat(data ?? new byte[0]).ToArray();
        Output.Write(bytes, 0, bytes.Length);
        Output.Flush();
    }

    static async Task SendAll(WebSocket socket)
    {
        foreach (var file in Split("SEND", ' '))
        {
            var type = file.EndsWith(".txt") ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
            var data = File.ReadAllBytes(file);
            var size = Env("FRAGMENT") == null ? Math.Max(data.Length, 1) : int.Parse(Env("FRAGMENT"));
            for (var at = 0; at < data.Length || at == 0; at += size)
            {
                var part = new ArraySegment<byte>(data, at, Math.Min(size, data.Length - at));
                await socket.SendAsync(part, type, at + size >= data.Length, None);
            }
        }
    }

    static async Task Talk(ClientWebSocket socket, string url)
    {
        await socket.ConnectAsync(new Uri(url), None);
        Say("open " + socket.SubProtocol);
        _ = Task.Run(() => SendAll(socket)); // its failure is that it is closed
        var buffer = new ArraySegment<byte>(new byte[1 << 16]);
        for (var toCome = int.Parse(Env("RECEIVE") ?? "-1"); toCome != 0; --toCome)
        {
            var message = new MemoryStream();
            WebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(buffer, None);
                message.Write(buffer.Array, 0, result.Count);
            } while (!result.EndOfMessage);
            if (result.MessageType == WebSocketMessageType.Close) break;
            Say($"{result.MessageType.ToString().ToLower()} {message.Length}", message.ToArray());
        }
        var code = int.Parse(Env("CLOSE_CODE") ?? ((int)WebSocketCloseStatus.NormalClosure).ToString());
        await socket.CloseAsync((WebSocketCloseStatus)code, Env("CLOSE_REASON"), None);
        Say($"closed {(int)socket.CloseStatus} - {socket.CloseStatusDescription}");
    }

    static void Main(string[] args)
    {
        var socket = new ClientWebSocket();
        foreach (var line in Split("HEADERS", '\n'))
        {
            var header = line.Split(new[] { ": " }, 2, StringSplitOptions.None);
            socket.Options.SetRequestHeader(header[0], header[1]);
        }
        if (Env("ORIGIN") != null) socket.Options.SetRequestHeader("Origin", Env("ORIGIN"));
        foreach (var protocol in Split("PROTOCOLS", ',')) socket.Options.AddSubProtocol(protocol);
        try { Talk(socket, args[0]).Wait(); }
        catch (AggregateException error) { Say("failed " + error.GetBaseException().Message); }
        Environment.Exit(0);
    }
}
