// Package report turns a case into what people and programs read: JSON, HTML, PDF, the lines on the terminal, and a capture of the packets
// that show it. The words are written once, in [NewView]; the formats only lay them out. The same case and options give the same bytes.
package report

// Lang is the language of a report.
type Lang string

// The languages.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Options change how a case is reported.
type Options struct {
	Lang    Lang   // English if empty
	Version string // of the program
	Payload bool   // Evidence keeps payloads
}

// Generator marks the files that this program makes, in every format, so that it knows its own when it meets them again.
const Generator = "capforensics"
