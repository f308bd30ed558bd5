// The Go design that triloop reproduces, on gorilla/websocket: for each connection a goroutine that
// reads, one that processes, one that writes and one that beats; two channels of a thousand
// messages; a channel that is closed at the end. Like the original it knows no deadline and no
// signal.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

type message struct {
	kind int
	body []byte
}

type client struct {
	socket   *websocket.Conn
	received chan message
	replies  chan message
	over     chan struct{}
	once     sync.Once
}

func (c *client) end() {
	c.once.Do(func() {
		close(c.over)
		c.socket.Close()
	})
}

func (c *client) read() {
	defer c.end()
	for {
		kind, body, err := c.socket.ReadMessage()
		if err != nil {
			return
		}
		select {
		case c.received <- message{kind, body}:
		case <-c.over:
			return
		}
	}
}

// Says whether the message was queued.
func (c *client) reply(m message) bool {
	select {
	case c.replies <- m:
		return true
	case <-c.over:
		return false
	}
}

func (c *client) process() {
	for {
		select {
		case m := <-c.received:
			if !c.reply(m) {
				return
			}
		case <-c.over:
			return
		}
	}
}

func (c *client) write() {
	defer c.end()
	for {
		select {
		case m := <-c.replies:
			if c.socket.WriteMessage(m.kind, m.body) != nil {
				return
			}
		case <-c.over:
			return
		}
	}
}

func (c *client) beat() {
	for {
		time.Sleep(2 * time.Second)
		if !c.reply(message{websocket.TextMessage, []byte("heartbeat from server")}) {
			return
		}
	}
}

func serve(response http.ResponseWriter, request *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	const held = 1000
	c := &client{
		socket:   socket,
		received: make(chan message, held),
		replies:  make(chan message, held),
		over:     make(chan struct{}),
	}
	go c.read()
	go c.process()
	go c.write()
	go c.beat()
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/ws", serve)
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
