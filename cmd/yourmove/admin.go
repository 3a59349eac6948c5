package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/spf13/cobra"

	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
)

const (
	adminVariable = "YOURMOVE_ADMIN"
	defaultAdmin  = "unix:./yourmove-data/admin.sock"

	// adminPatience bounds one command of an operator: a server that does not answer is a fact worth telling.
	adminPatience = 30 * time.Second
)

// parseAdmin splits unix:PATH or HOST:PORT into what net.Dial takes.
func parseAdmin(s string) (network, address string, err error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if path == "" {
			return "", "", misused("--admin: unix: needs a path")
		}
		return "unix", path, nil
	}
	if _, port, err := net.SplitHostPort(s); err != nil || port == "" {
		return "", "", misused("--admin: unix:PATH or HOST:PORT, not %q", s)
	}
	return "tcp", s, nil
}

// adminHTTP returns an HTTP client that reaches the admin listener whatever the URL's host, and the URL to use.
func adminHTTP(admin string) (*http.Client, string, error) {
	network, address, err := parseAdmin(admin)
	if err != nil {
		return nil, "", err
	}
	url := "http://localhost" // the host means nothing on a socket
	if network == "tcp" {
		url = "http://" + address
	}
	var d net.Dialer
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, network, address) },
	}}, url, nil
}

// operate runs do with a client of the AdminService.
func (a *app) operate(cmd *cobra.Command, do func(ctx context.Context, c adminv1connect.AdminServiceClient) error) error {
	httpClient, url, err := adminHTTP(a.admin)
	if err != nil {
		return err
	}
	defer httpClient.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(cmd.Context(), adminPatience)
	defer cancel()
	err = do(ctx, adminv1connect.NewAdminServiceClient(connect.NewClient(connecthttp.NewTransport(httpClient, url))))
	return adminFailure(err, a.admin)
}

// adminFailure adds to an error of a call on the admin listener what only this listener's failures mean.
func adminFailure(err error, admin string) error {
	const elsewhere = `say where the admin listener is with --admin unix:PATH (or HOST:PORT) or ` + adminVariable
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist):
		return &advised{err: err, says: "no server listens at " + admin,
			advice: `start one with "yourmoved serve --data DIR", or ` + elsewhere}
	case errors.Is(err, fs.ErrPermission):
		return &advised{err: err, says: "this user may not open " + admin,
			advice: "run this as the user that runs the server"}
	case connect.CodeOf(err) == connect.CodeUnimplemented:
		return &advised{err: err, says: "what listens at " + admin + " does not know this call",
			advice: "it is not an admin listener, or an older server's: " + elsewhere}
	}
	return err
}
