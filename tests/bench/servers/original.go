// The yardstick from Go: the design that triloop reproduces, on gorilla/websocket. Each connection
// has goroutines that read, process, write and beat, two channels of a thousand messages, and a
// channel whose closing ends them all. It prints no messages; triloop runs with --quiet beside it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

const (
	queueMessages  = 1000
	heartbeatEvery = 2 * time.Second
)

type message struct {
	kind    int
	payload []byte
}

type connection struct {
	socket   *websocket.Conn
	incoming chan *message
	outgoing chan *message

	ended    chan struct{}
	mutex    sync.Mutex // guards hasEnded: a channel must not be closed twice
	hasEnded bool
}

func (c *connection) end() {
	c.socket.Close()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.hasEnded {
		return
	}
	c.hasEnded = true
	close(c.ended)
}

// The next message to process; nil once the connection has ended.
func (c *connection) next() *message {
	select {
	case m := <-c.incoming:
		return m
	case <-c.ended:
		return nil
	}
}

// Says whether the message was queued; waits while the queue is full.
func (c *connection) send(m *message) bool {
	select {
	case c.outgoing <- m:
		return true
	case <-c.ended:
		return false
	}
}

func (c *connection) readLoop() {
	defer c.end()
	for {
		kind, payload, err := c.socket.ReadMessage()
		if err != nil {
			return
		}
		select {
		case c.incoming <- &message{kind, payload}:
		case <-c.ended:
			return
		}
	}
}

func (c *connection) processLoop() {
	go c.beat()
	for m := c.next(); m != nil; m = c.next() {
		if !c.send(&message{m.kind, m.payload}) {
			return
		}
	}
}

func (c *connection) writeLoop() {
	defer c.end()
	for {
		select {
		case m := <-c.outgoing:
			if c.socket.WriteMessage(m.kind, m.payload) != nil {
				return
			}
		case <-c.ended:
			return
		}
	}
}

func (c *connection) beat() {
	for {
		time.Sleep(heartbeatEvery)
		if !c.send(&message{websocket.TextMessage, []byte("heartbeat from server")}) {
			return
		}
	}
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func serve(response http.ResponseWriter, request *http.Request) {
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	c := &connection{
		socket:   socket,
		incoming: make(chan *message, queueMessages),
		outgoing: make(chan *message, queueMessages),
		ended:    make(chan struct{}),
	}
	go c.readLoop()
	go c.processLoop()
	go c.writeLoop()
}

// What one says all hear: a hub as gorilla's own example has it, and each message prepared once.
type hub struct {
	join, leave chan *member
	say         chan *websocket.PreparedMessage
}

type member struct {
	socket *websocket.Conn
	news   chan *websocket.PreparedMessage
}

const newsForEach = 256

var joined, _ = websocket.NewPreparedMessage(websocket.TextMessage, []byte("joined"))

func (h *hub) run() {
	members := map[*member]bool{}
	drop := func(m *member) {
		if members[m] {
			delete(members, m)
			close(m.news)
		}
	}
	for {
		select {
		case m := <-h.join:
			members[m] = true
			m.news <- joined
		case m := <-h.leave:
			drop(m)
		case news := <-h.say:
			for m := range members {
				select {
				case m.news <- news:
				default:
					drop(m)
				}
			}
		}
	}
}

func (h *hub) serve(response http.ResponseWriter, request *http.Request) {
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	m := &member{socket, make(chan *websocket.PreparedMessage, newsForEach)}
	h.join <- m
	go func() {
		defer socket.Close()
		for news := range m.news {
			if socket.WritePreparedMessage(news) != nil {
				return
			}
		}
	}()
	go func() {
		defer func() { h.leave <- m }()
		for {
			kind, payload, err := socket.ReadMessage()
			if err != nil {
				return
			}
			if news, err := websocket.NewPreparedMessage(kind, payload); err == nil {
				h.say <- news
			}
		}
	}()
}

// For the tests of a client: an echo that answers "ping" by a ping, whose pong is printed, and
// "close 4000 why" by that Close; so is the client's Close.
func talk(response http.ResponseWriter, request *http.Request) {
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	socket.SetPongHandler(func(payload string) error {
		fmt.Printf("pong %s\n", payload)
		return nil
	})
	for {
		kind, payload, err := socket.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			fmt.Printf("closed %d %s\n", closed.Code, closed.Text)
			return
		}
		if err != nil {
			fmt.Printf("lost: %v\n", err)
			return
		}
		text := string(payload)
		if text == "ping" {
			kind, payload = websocket.PingMessage, []byte("here")
		} else if strings.HasPrefix(text, "close ") {
			code, _ := strconv.Atoi(text[6:10])
			kind, payload = websocket.CloseMessage, websocket.FormatCloseMessage(code, text[11:])
		}
		if socket.WriteMessage(kind, payload) != nil {
			return
		}
	}
}

func main() {
	port := flag.Int("port", 0, "TCP port; 0 takes a free one")
	flag.BoolVar(&upgrader.EnableCompression, "compress", false, "permessage-deflate, as gorilla has it")
	room := flag.Bool("room", false, "what one says all hear; else an echo")
	talks := flag.Bool("talk", false, "an echo that also does what it is told")
	flag.Parse()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	if *room {
		h := &hub{make(chan *member), make(chan *member), make(chan *websocket.PreparedMessage)}
		go h.run()
		http.HandleFunc("/ws", h.serve)
	} else if *talks {
		http.HandleFunc("/ws", talk)
	} else {
		http.HandleFunc("/ws", serve)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	go func() { log.Fatal(http.Serve(listener, nil)) }()
	<-stop
}
