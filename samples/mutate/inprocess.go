package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing/iotest"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/rules"
)

// inProcess analyses tickets in this process, which is fast, with all rules and all reports.
type inProcess struct {
	temp    string // for temporary files; nothing may be left there
	outside string // the working directory, and the system's folder for temporary files: nothing may ever be written there
	rules   []*analyzer.Rule
	watch   *watch
	now     *ticket

	slowest  worst[float64] // seconds
	largest  worst[uint64]  // MB
	outcomes map[string]int
	fired    map[string]bool
	formats  map[string]bool   // that were told
	caught   map[string]uint64 // what decoders of others failed with, and the first ticket
}

func newInProcess(dir, keep string) (*inProcess, error) {
	p := &inProcess{temp: filepath.Join(dir, "temp"), outside: filepath.Join(dir, "outside"), outcomes: make(map[string]int), fired: make(map[string]bool), formats: make(map[string]bool), caught: make(map[string]uint64), rules: rules.All()}
	for _, d := range []string{p.temp, p.outside} {
		if err := os.Mkdir(d, 0o777); err != nil {
			return nil, err
		}
	}
	p.watch = startWatch(func(why string) {
		fmt.Fprintf(os.Stderr, "mutate: ticket %d: %s\n", p.now.number, why)
		p.now.keep(keep, []string{why})
	})
	return p, nil
}

// isolate makes the folder outside that of the system and of this process.
func (p *inProcess) isolate() error {
	for _, name := range []string{"TMPDIR", "TMP", "TEMP", "HOME"} {
		if err := os.Setenv(name, p.outside); err != nil {
			return err
		}
	}
	return os.Chdir(p.outside)
}

func (p *inProcess) try(t *ticket) []string {
	p.now = t
	p.watch.begin()
	faults := p.analyse(t)
	took, cpu, held := p.watch.finish()
	p.slowest.add(took.Seconds(), t)
	p.largest.add(held>>20, t)
	if tooLong(took, cpu) {
		faults = append(faults, fmt.Sprintf("it took %v, %v of processors", took, cpu))
	}
	if held > p.watch.most {
		faults = append(faults, fmt.Sprintf("it took %d MB of memory", held>>20))
		debug.FreeOSMemory()
	}
	for _, dir := range []string{p.temp, p.outside} {
		left, err := os.ReadDir(dir)
		if err != nil {
			faults = append(faults, err.Error())
		}
		for _, f := range left {
			faults = append(faults, fmt.Sprintf("a file was left: %s", filepath.Join(dir, f.Name())))
			os.RemoveAll(filepath.Join(dir, f.Name()))
		}
	}
	return faults
}

// limits are mostly those of the command; else so small that each is reached now and then.
func (p *inProcess) limits(c chance) analyzer.Limits {
	l := analyzer.Limits{TempDir: p.temp}
	if c.in(4) {
		l.MaxMemory, l.MaxFlows, l.MaxMembers, l.MaxDepth = 1<<c.IntN(20), 1+c.IntN(4), 1+c.IntN(4), 1+c.IntN(3)
		if c.in(2) {
			l.MaxBytes, l.MaxRatio = 1<<c.IntN(18), 1<<c.IntN(6)
		}
	}
	return l
}

// inputs gives the files as the command does, or as streams that come byte by byte.
func (t *ticket) inputs(streams bool, passwords []string) []analyzer.Input {
	var all []analyzer.Input
	for _, f := range t.files {
		in := analyzer.Input{Name: f.name, Size: int64(len(f.data)), ReaderAt: bytes.NewReader(f.data), Passwords: passwords}
		if streams {
			in.Size, in.ReaderAt, in.Reader = -1, nil, iotest.OneByteReader(bytes.NewReader(f.data))
		}
		all = append(all, in)
	}
	return all
}

func (p *inProcess) analyse(t *ticket) (faults []string) {
	defer func() {
		if v := recover(); v != nil {
			faults = append(faults, fmt.Sprintf("panic: %v\n%s", v, debug.Stack()))
		}
	}()
	c := t.chance
	limits, lang, ctx := p.limits(c), report.English, context.Background()
	var passwords []string
	if c.in(2) {
		passwords = []string{"wrong", "secret"}
	}
	if c.in(2) {
		lang = report.Chinese
	}
	inputs := t.inputs(c.in(8), passwords)
	found, err := analyzer.Analyze(ctx, "ticket", inputs, p.rules, &analyzer.Options{Limits: limits})
	switch {
	case errors.Is(err, analyzer.ErrNothingUsable):
		p.outcomes["nothing usable"]++
	case err != nil:
		return []string{"the analysis failed: " + err.Error()}
	case found.Partial():
		p.outcomes["analysed in part"]++
	default:
		p.outcomes["analysed whole"]++
	}
	for _, m := range found.Members {
		p.formats[m.Format] = true
	}
	for _, f := range found.Findings {
		p.fired[f.Rule.ID] = true
	}
	for _, v := range found.Caveats {
		switch s := v.Text.String(); {
		case strings.HasPrefix(v.Text.Format, "the rule %s failed"), strings.Contains(s, "a fault of this program"):
			faults = append(faults, s)
		case strings.Contains(s, "a decoder failed on this data"):
			if _, known := p.caught[s]; !known {
				p.caught[s] = t.number
			}
		}
	}
	if err != nil && !c.in(4) {
		return faults
	}
	o := report.Options{Lang: lang, Version: "1", Payload: c.in(2)}
	view := report.NewView(found, o)
	for _, w := range []struct {
		name  string
		every int
		write func(io.Writer) error
	}{
		{"text", 1, func(w io.Writer) error { return report.Text(w, view) }},
		{"json", 2, func(w io.Writer) error { return report.JSON(w, found, o) }},
		{"html", 4, func(w io.Writer) error { return report.HTML(w, view) }},
		{"pdf", 50, func(w io.Writer) error { return report.PDF(w, view) }},
		{"pcapng", 8, func(w io.Writer) error {
			return report.Evidence(w, found, func(visit func(*analyzer.Frame) error) error { return found.ReadFrames(ctx, inputs, visit) }, o)
		}},
	} {
		if !c.in(w.every) {
			continue
		}
		var b bytes.Buffer
		if err := w.write(&b); err != nil && !errors.Is(err, report.ErrNoEvidence) && !errors.Is(err, analyzer.ErrReadOnce) {
			faults = append(faults, fmt.Sprintf("the %s report failed: %v", w.name, err))
			continue
		}
		if w.name == "text" || w.name == "json" || w.name == "html" {
			if bad := unescaped(b.String()); bad != "" {
				faults = append(faults, fmt.Sprintf("the %s report holds %s", w.name, bad))
			}
		}
		if w.name == "json" && !json.Valid(b.Bytes()) {
			faults = append(faults, "the json report is no JSON")
		}
	}
	return faults
}
