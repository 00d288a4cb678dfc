//go:build !windows

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

const onWindows = false

// prepareConsole makes a write to a pipe without a reader an error instead of a sudden end, which would leave temporary files.
// Note: signal.Ignore would do it too, and the browser that --open starts would inherit it.
func prepareConsole() (restore func()) {
	unread := make(chan os.Signal, 1)
	signal.Notify(unread, syscall.SIGPIPE)
	return func() { signal.Stop(unread) }
}

// ownWindow: no other system opens a window for a console program that closes with it.
func ownWindow() bool { return false }

func openFile(path string) error {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	}
	cmd := exec.Command(name, path)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	return cmd.Process.Release() // a browser may run as long as it likes
}

func userLocale() string { return "" }

func platformBrokenPipe(error) bool { return false }
