// golang.org/x/net/websocket.
package main

import (
	"errors"
	"io"
	"net/url"
	"os"
	"strings"

	"golang.org/x/net/websocket"
)

type message struct {
	kind byte
	data []byte
}

// websocket.Message takes text for binary, and the other way round: this is how its manual has one's own.
var codec = websocket.Codec{
	Marshal: func(v interface{}) ([]byte, byte, error) { return v.(message).data, v.(message).kind, nil },
	Unmarshal: func(data []byte, kind byte, v interface{}) error {
		*v.(*message) = message{kind, data}
		return nil
	},
}

var kinds = map[bool]byte{true: websocket.TextFrame, false: websocket.BinaryFrame}

func main() {
	target, _ := url.Parse(os.Args[1])
	origin := "http://" + target.Host // it cannot do without one
	if wanted := os.Getenv("WS_ORIGIN"); wanted != "" {
		origin = wanted
	}
	config, err := websocket.NewConfig(os.Args[1], origin)
	if err != nil {
		fail(err)
		return
	}
	config.Protocol, config.TlsConfig = protocols(), trusted()
	config.Header = headers()
	config.Header.Del("Origin")
	conn, err := websocket.DialConfig(config)
	if err != nil {
		fail(err)
		return
	}
	defer conn.Close() // which sends 1000, and waits for nothing
	say("open "+strings.Join(conn.Config().Protocol, ","), nil)
	go sendAll(func(text bool, data []byte) error { return codec.Send(conn, message{kinds[text], data}) })
	for left := toCome(); left > 0; left-- {
		var one message
		if err := codec.Receive(conn, &one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			fail(err)
			return
		}
		heard(one.kind == websocket.TextFrame, one.data)
	}
	say("closed - -", nil)
}
