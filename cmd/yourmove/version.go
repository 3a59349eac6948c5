package main

import (
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"yourmove/server/daemon"
)

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "The version of this program",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := buildVersion()
			if a.output == "json" {
				return a.showJSON(v)
			}
			return a.showTable(func(w io.Writer) {
				row(w, "yourmove", v.Version)
				row(w, "revision", v.Revision)
				row(w, "go", v.Go)
				row(w, "platform", v.Platform)
			})
		},
	}
}

// version is what "version" prints.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// buildVersion is the version that this program shares with yourmoved, and what the Go linker noted.
func buildVersion() version {
	v := version{Version: daemon.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			v.Revision = s.Value + v.Revision
		case s.Key == "vcs.modified" && s.Value == "true":
			v.Revision += "+changes"
		}
	}
	return v
}
