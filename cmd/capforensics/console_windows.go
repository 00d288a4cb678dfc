package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"unsafe"

	"github.com/inconshreveable/mousetrap"
	"golang.org/x/sys/windows"
	"golang.org/x/term"
)

const onWindows = true

const codePageUTF8 = 65001

// prepareConsole has the console take UTF-8 and colours. Both settings belong to the window and are put back.
func prepareConsole() (restore func()) {
	page, err := windows.GetConsoleOutputCP()
	if err == nil && page != codePageUTF8 && windows.SetConsoleOutputCP(codePageUTF8) != nil {
		err = errors.New("no such code page")
	}
	restorePage := func() {
		if err == nil {
			windows.SetConsoleOutputCP(page)
		}
	}
	restoreOut, restoreErr := enableColour(os.Stdout), enableColour(os.Stderr)
	return func() {
		restoreErr()
		restoreOut()
		restorePage()
	}
}

// enableColour makes a console obey escape sequences, as those since Windows 10 can.
func enableColour(f *os.File) (restore func()) {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil || windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return func() {}
	}
	return func() { windows.SetConsoleMode(h, mode) }
}

var getConsoleProcessList = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleProcessList")

// ownWindow asks two witnesses, as a wrong yes would hang a script: the program is alone in its console, and the Explorer
// started it. Where nothing can be typed it never waits.
func ownWindow() bool {
	var ids [2]uint32
	n, _, _ := getConsoleProcessList.Call(uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)))
	return n == 1 && mousetrap.StartedByExplorer() && term.IsTerminal(int(os.Stdin.Fd()))
}

// openFile asks the shell as the Explorer would, and by way of a program that no rule against scripts blocks. The path is made
// absolute: rundll32 has a working directory of its own mind.
func openFile(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find %s: %w", path, err)
	}
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return fmt.Errorf("find rundll32.exe: %w", err)
	}
	if err := exec.Command(filepath.Join(system, "rundll32.exe"), "url.dll,FileProtocolHandler", abs).Run(); err != nil {
		return fmt.Errorf("start rundll32.exe: %w", err)
	}
	return nil
}

func userLocale() string {
	names, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(names) == 0 {
		return ""
	}
	return names[0]
}

func platformBrokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
