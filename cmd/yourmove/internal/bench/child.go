package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
)

// withChild runs a server in a process of its own while use is on. The command says its URL on stdout and stops at the
// end of its stdin.
func withChild(ctx context.Context, command func(context.Context) *exec.Cmd, use func(ctx context.Context, url string) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := command(ctx)
	stdin, err := cmd.StdinPipe() // its end tells the child to stop, also when this process dies
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, readErr := bufio.NewReader(stdout).ReadString('\n')
	defer func() { err = errors.Join(err, stdin.Close(), cmd.Wait()) }()
	if readErr != nil {
		return fmt.Errorf("a server in a process of its own did not say where it listens: %w", readErr)
	}
	return use(ctx, strings.TrimSpace(line))
}

// bothProtocols are those that a real server speaks on one port.
func bothProtocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// serveUntilEOF serves on a port of its own, says where on stdout, and stops at the end of stdin.
func serveUntilEOF(h *http.Server, stdin io.Reader, stdout io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "http://%s\n", l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	_, err = io.Copy(io.Discard, stdin)
	err = errors.Join(err, h.Close())
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
