// nhooyr.io/websocket.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"nhooyr.io/websocket"
)

var modes = map[string]websocket.CompressionMode{"": websocket.CompressionDisabled,
	"on": websocket.CompressionContextTakeover, "no-context": websocket.CompressionNoContextTakeover}

var kinds = map[bool]websocket.MessageType{true: websocket.MessageText, false: websocket.MessageBinary}

func send(ctx context.Context, conn *websocket.Conn, kind websocket.MessageType, data []byte) error {
	size := number("WS_FRAGMENT", 0)
	if size == 0 {
		return conn.Write(ctx, kind, data)
	}
	writer, err := conn.Writer(ctx, kind) // of which each Write is a frame
	for ; err == nil && len(data) > size; data = data[size:] {
		_, err = writer.Write(data[:size])
	}
	if err == nil {
		_, err = writer.Write(data)
	}
	if err != nil {
		return err
	}
	return writer.Close()
}

func main() {
	ctx := context.Background()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trusted()}}
	conn, _, err := websocket.Dial(ctx, os.Args[1], &websocket.DialOptions{HTTPClient: client, HTTPHeader: headers(),
		Subprotocols: protocols(), CompressionMode: modes[os.Getenv("WS_COMPRESS")]})
	if err != nil {
		fail(err)
		return
	}
	conn.SetReadLimit(64 << 20)
	say("open "+conn.Subprotocol(), nil)
	go sendAll(func(text bool, data []byte) error { return send(ctx, conn, kinds[text], data) })
	for left := toCome(); ; {
		kind, data, err := conn.Read(ctx)
		var closed websocket.CloseError
		if errors.As(err, &closed) {
			say(fmt.Sprintf("closed %d - %s", closed.Code, closed.Reason), nil)
			return
		} else if err != nil {
			fail(err)
			return
		}
		heard(kind == websocket.MessageText, data)
		if left--; left == 0 {
			code := number("WS_CLOSE_CODE", int(websocket.StatusNoStatusRcvd))
			if err := conn.Close(websocket.StatusCode(code), os.Getenv("WS_CLOSE_REASON")); err != nil {
				fail(err)
			}
		}
	}
}
