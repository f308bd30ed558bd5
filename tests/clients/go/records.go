// What the programs of this folder are asked for, and how they say what happens: see ../README.md.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// In one write, which no other goroutine's comes between.
func say(line string, data []byte) {
	os.Stdout.Write(append([]byte(strings.TrimRight(line, "\r\n")+"\n"), data...))
}

func heard(text bool, data []byte) {
	kind := map[bool]string{true: "text", false: "binary"}[text]
	say(fmt.Sprintf("%s %d", kind, len(data)), data)
}

func fail(err error) { say(fmt.Sprintf("failed %v", err), nil) }

func sendAll(send func(text bool, data []byte) error) {
	for _, file := range strings.Fields(os.Getenv("WS_SEND")) {
		data, err := os.ReadFile(file)
		if err == nil {
			err = send(strings.HasSuffix(file, ".txt"), data)
		}
		if err != nil {
			fail(err)
			return
		}
	}
}

func number(name string, otherwise int) int {
	if value, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return value
	}
	return otherwise
}

// How many messages and pongs it waits for before it closes.
func toCome() int {
	count := number("WS_RECEIVE", math.MaxInt32)
	if _, pings := os.LookupEnv("WS_PING"); pings {
		count++
	}
	return count
}

func protocols() []string {
	return strings.FieldsFunc(os.Getenv("WS_PROTOCOLS"), func(c rune) bool { return c == ',' })
}

func headers() http.Header {
	all := http.Header{}
	for _, line := range strings.Split(os.Getenv("WS_HEADERS"), "\n") {
		if name, value, found := strings.Cut(line, ": "); found {
			all.Add(name, value)
		}
	}
	if origin := os.Getenv("WS_ORIGIN"); origin != "" {
		all.Set("Origin", origin)
	}
	return all
}

// nil: the system's.
func trusted() *tls.Config {
	pem, err := os.ReadFile(os.Getenv("WS_CA"))
	if err != nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool}
}
