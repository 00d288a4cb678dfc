package analyzer

import "fmt"

// Message is a sentence and its figures, kept apart so that the report can say it in another language: Format is the English
// sentence as fmt.Sprintf takes it and also the key under which a translation is found.
type Message struct {
	Format string
	Args   []any
}

// Msg makes a message.
func Msg(format string, args ...any) Message { return Message{format, args} }

// String says it in English.
func (m Message) String() string {
	if len(m.Args) == 0 {
		return m.Format
	}
	return fmt.Sprintf(m.Format, m.Args...)
}

// IsZero says that there is no sentence.
func (m Message) IsZero() bool { return m.Format == "" }

// Connections is a number of connections; the report says it with the right word for one and for many.
type Connections int

// String says it in English.
func (n Connections) String() string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", int(n))
}
