// Package lang says sentences in the language of the report. The key of a sentence is its English format; a translation that is
// missing falls back to English, and a test lists what is missing.
package lang

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

//go:embed zh.json
var zhJSON []byte

// Language is a table of translations.
type Language struct {
	Code  string
	table map[string]string
}

var chinese = load("zh", zhJSON)

func load(code string, data []byte) *Language {
	l := &Language{Code: code}
	if err := json.Unmarshal(data, &l.table); err != nil {
		panic("lang: " + code + ": " + err.Error()) // embedded at build time; a test loads it
	}
	return l
}

// For gives a language by its code: "zh" or English for anything else.
func For(code string) *Language {
	if code == "zh" {
		return chinese
	}
	return &Language{Code: "en"}
}

// T says a fixed text. A word that needs a context to be translated carries it before a bar: "role|forged".
func (l *Language) T(text string) string {
	if s, ok := l.table[text]; ok {
		return s
	}
	if i := strings.IndexByte(text, '|'); i > 0 && !strings.ContainsAny(text[:i], " %") {
		return text[i+1:]
	}
	return text
}

// Say says a message: its format and, within its arguments, words that have a translation of their own.
func (l *Language) Say(m analyzer.Message) string {
	if len(m.Args) == 0 {
		return l.T(m.Format)
	}
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		args[i] = l.word(a)
	}
	return fmt.Sprintf(l.T(m.Format), args...)
}

// What names a class and its cause, or the class alone where nothing went wrong.
func (l *Language) What(class analyzer.Class, cause analyzer.Cause) string {
	if cause == analyzer.CauseNone {
		return l.T(string(class))
	}
	return l.Say(analyzer.Msg("%s: %s", class, cause))
}

func (l *Language) word(a any) any {
	switch v := a.(type) {
	case analyzer.Message:
		return l.Say(v)
	case analyzer.Class:
		return l.T(string(v))
	case analyzer.Cause:
		return l.T(string(v))
	case analyzer.Grade:
		return l.T(string(v))
	case analyzer.Role:
		return l.T(string(v))
	case flow.Side:
		return l.T(v.String())
	case flow.IPIDPolicy:
		return l.T(v.String())
	case analyzer.Connections:
		if l.table != nil {
			return fmt.Sprintf("%d 条连接", int(v))
		}
	case time.Duration:
		return Duration(v)
	}
	return a
}

// Duration writes a time span with three or four significant digits: "12.34 ms".
func Duration(d time.Duration) string {
	switch a := d.Abs(); {
	case a < time.Millisecond:
		return fmt.Sprintf("%.1f µs", float64(d)/1e3)
	case a < time.Second:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3f s", d.Seconds())
}
