// gorilla/websocket.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

var kinds = map[bool]int{true: websocket.TextMessage, false: websocket.BinaryMessage}

func main() {
	dialer := websocket.Dialer{Subprotocols: protocols(), EnableCompression: os.Getenv("WS_COMPRESS") != "",
		TLSClientConfig: trusted(), WriteBufferSize: number("WS_FRAGMENT", 0)}
	conn, response, err := dialer.Dial(os.Args[1], headers())
	if response != nil && errors.Is(err, websocket.ErrBadHandshake) {
		err = fmt.Errorf("%w: %s", err, response.Status)
	}
	if err != nil {
		fail(err)
		return
	}
	defer conn.Close()
	say("open "+conn.Subprotocol(), nil)
	left := toCome()
	oneLess := func() {
		if left--; left == 0 {
			code := number("WS_CLOSE_CODE", websocket.CloseNoStatusReceived)
			frame := websocket.FormatCloseMessage(code, os.Getenv("WS_CLOSE_REASON"))
			conn.WriteControl(websocket.CloseMessage, frame, time.Now().Add(time.Second))
		}
	}
	conn.SetPongHandler(func(payload string) error {
		say("pong "+payload, nil)
		oneLess()
		return nil
	})
	if payload, wanted := os.LookupEnv("WS_PING"); wanted {
		conn.WriteControl(websocket.PingMessage, []byte(payload), time.Now().Add(time.Second))
	}
	go sendAll(func(text bool, data []byte) error { return conn.WriteMessage(kinds[text], data) })
	for {
		kind, data, err := conn.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			say(fmt.Sprintf("closed %d - %s", closed.Code, closed.Text), nil)
			return
		} else if err != nil {
			fail(err)
			return
		}
		heard(kind == websocket.TextMessage, data)
		oneLess()
	}
}
