package main

import (
	"bufio"
	"io"
	"os"
	"strings"

	"github.com/capforensics/capforensics/report"
)

// desktop is what a run has to do with the graphical shell it may have been started from.
type desktop struct {
	// ownWindow says that the program was started by a drop or a double-click, in a console window that closes with it.
	ownWindow func() bool
	// waitKey returns when the user has read the window.
	waitKey func()
	// open shows a file in the program that the system has for it.
	open func(path string) error
}

// waitEnter is the part of waitKey that every system shares.
func waitEnter(in io.Reader, out io.Writer) {
	io.WriteString(out, "\nPress Enter to close this window. ")
	bufio.NewReader(in).ReadString('\n') // any end of the input will do
}

// systemLang gives the language of a report: the first of LC_ALL, LC_MESSAGES and LANG that is set decides, as in POSIX; where
// none is, the user's settings do, if the system has them.
func systemLang(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			return langOf(v)
		}
	}
	return langOf(userLocale())
}

// langOf reads "zh_CN.UTF-8", "zh-Hans-CN" and "C".
func langOf(locale string) string {
	code, _, _ := strings.Cut(strings.ToLower(locale), ".")
	if i := strings.IndexAny(code, "_-@"); i >= 0 {
		code = code[:i]
	}
	if code == string(report.Chinese) {
		return code
	}
	return string(report.English)
}

func systemDesktop() desktop {
	return desktop{
		ownWindow: ownWindow,
		waitKey:   func() { waitEnter(os.Stdin, os.Stderr) },
		open:      openFile,
	}
}
