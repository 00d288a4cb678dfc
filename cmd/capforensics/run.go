package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/rules"
)

// Exit codes; helpTail says what each means.
const (
	exitAnalysed    = 0
	exitNothing     = 1
	exitUsage       = 2
	exitPartly      = 3
	exitInterrupted = 130
)

// app is the program with everything it takes from outside, so that tests can stand in for the outside.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	analyze        func(context.Context, string, []analyzer.Input, []*analyzer.Rule, *analyzer.Options) (*analyzer.Case, error)
	desk           desktop
	version        string
}

func newApp() *app {
	return &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		analyze: analyzer.Analyze, desk: systemDesktop(), version: buildVersion(),
	}
}

// buildVersion is that of the module, or of the commit where it was built from a checkout.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

// run is the program: it reads the command line, works, and gives the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	defer prepareConsole()()

	u := newUI(a.stdout, a.stderr, a.getenv)
	s := &session{app: a, ui: u, ownWindow: a.desk.ownWindow()}
	code := s.run(ctx, args)
	if s.ownWindow && (code != exitAnalysed || u.complained || s.toRead) {
		a.desk.waitKey()
	}
	return code
}

// session is one run of the program.
type session struct {
	*app
	*config
	ui         *ui
	ownWindow  bool
	toRead     bool // the window holds what the user asked for
	outputLost bool // standard output failed, and it was said
	reporter   *reporter

	analysed, partly, failed int       // tickets
	reports                  []written // of the tickets, in order
}

// written is the report of a ticket that --open may show.
type written struct {
	path    string
	verdict analyzer.Class
}

func (s *session) run(ctx context.Context, args []string) int {
	var err error
	if s.config, err = parse(args); err != nil {
		s.ui.fail(err)
		if len(args) == 0 {
			fmt.Fprint(s.stderr, "\n", helpText())
			if s.ownWindow {
				s.ui.plain("To analyse a ticket, drop its archive, its folder or its captures on the icon of this program.")
			}
		}
		return exitUsage
	}
	s.ui.quiet, s.ui.verbose = s.quiet, s.verbose
	s.ui.color(s.color.picked, s.getenv)
	if s.lang.picked == "" {
		s.lang.picked = systemLang(s.getenv)
	}
	switch {
	case s.wantHelp:
		fmt.Fprint(s.ui, helpText())
	case s.wantRules:
		if err := s.tellRules(); err != nil {
			s.ui.fail(err)
			return exitUsage
		}
	case s.wantVersion:
		fmt.Fprintf(s.ui, "%s %s %s %s/%s\n", program, s.version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	default:
		return s.work(ctx)
	}
	s.toRead = true
	if err := s.outputError(); err != nil {
		s.ui.fail(err)
		return exitNothing
	}
	return exitAnalysed
}

func (s *session) work(ctx context.Context) int {
	if dir := s.limits.TempDir; dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			s.ui.fail(problemf("make it first, or leave --temp-dir out", "%s is no folder for temporary files", dir))
			return exitUsage
		}
	}
	temp := cmp.Or(s.limits.TempDir, os.TempDir())
	s.ui.swept(temp, sweep(temp, time.Now()))
	files := &openFiles{}
	defer files.close()
	g := &gatherer{ctx: ctx, ui: s.ui, files: files, stdin: s.stdin, together: s.together || s.json, maxMembers: s.limits.MaxMembers, passwords: s.passwords}
	tickets := g.gather(s.paths)
	s.failed = g.failed
	if s.evidence != "" && len(tickets) > 1 {
		s.ui.fail(problemf("leave it out, and each ticket's evidence goes beside its reports; or add --together", "--evidence names one file, and there are %d tickets", len(tickets)))
		return exitUsage
	}
	here, _ := os.Getwd() // without one there is nothing to fall back to
	s.reporter = &reporter{ui: s.ui, output: s.output, here: here}
	for _, f := range formats {
		if s.json || !s.formats.has(f.name) || f.name == evidenceFormat && s.evidence != "" {
			continue
		}
		s.reporter.formats = append(s.reporter.formats, f)
	}
	for i, t := range tickets {
		if i > 0 && !s.quiet {
			fmt.Fprintln(s.ui)
		}
		s.ticket(ctx, t)
		if ctx.Err() != nil {
			s.ui.plain(program + ": interrupted; reports of finished tickets are complete, nothing else was left behind")
			return exitInterrupted
		}
	}
	if s.openSet && s.open || !s.openSet && s.ownWindow {
		s.show()
	}
	return s.exitCode()
}

// ticket analyses one ticket and delivers its report. What goes wrong is counted: the other tickets still get theirs.
func (s *session) ticket(ctx context.Context, t *ticket) {
	if s.json && len(s.paths) > 1 {
		s.ui.detail("--json: all %d inputs are one ticket", len(t.inputs))
	}
	progress, done := s.ui.begin(t.name)
	c, err := s.analyze(ctx, t.name, t.inputs, rules.All(), &analyzer.Options{Limits: s.limits, Progress: progress})
	done()
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.failed++
		s.unusable(t, c, err)
		return
	}
	s.inventory(c)
	o := report.Options{Lang: report.Lang(s.lang.picked), Version: s.version, Payload: s.payload}
	if err := s.deliver(ctx, t, c, o); err != nil {
		if ctx.Err() == nil {
			s.ui.fail(err)
			s.failed++
		}
		return
	}
	if s.analysed++; c.Partial() || t.lost > 0 {
		s.partly++
	}
}

// deliver prints the verdict and writes the reports, or prints the JSON report.
func (s *session) deliver(ctx context.Context, t *ticket, c *analyzer.Case, o report.Options) error {
	if s.json {
		if err := report.JSON(s.ui, c, o); err != nil && s.ui.outErr == nil {
			return err
		}
		s.proof(ctx, &job{ticket: t, found: c, opts: o})
		return s.outputError()
	}
	v := report.NewView(c, o)
	if !s.quiet {
		s.verdict(v, c.Verdict.Class)
		if err := s.outputError(); err != nil && !s.outputLost {
			s.ui.fail(err)
			s.outputLost = true
		}
	}
	j := &job{t, c, v, o}
	paths, err := s.reporter.write(ctx, j)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if slices.Contains(s.reporter.replaced, p) {
			s.ui.note("wrote %s in place of an earlier report", p)
		} else {
			s.ui.note("wrote %s", p)
		}
		if strings.HasSuffix(p, infix+evidenceFormat) {
			s.leftOut(c)
		}
	}
	if len(paths) > 0 {
		s.reports = append(s.reports, written{toShow(paths), c.Verdict.Class})
	}
	s.proof(ctx, j)
	return nil
}

// toShow prefers the page that every machine can show and search.
func toShow(paths []string) string {
	for _, p := range paths {
		if strings.HasSuffix(p, infix+"html") {
			return p
		}
	}
	return paths[0]
}

// verdict prints the few lines, the first in the colour of the class where there are colours. If standard output is gone the
// reports are written all the same.
func (s *session) verdict(v *report.View, class analyzer.Class) {
	var text bytes.Buffer
	if err := report.Text(&text, v); err != nil {
		s.ui.fail(err)
		return
	}
	first, rest, _ := bytes.Cut(text.Bytes(), []byte("\n"))
	fmt.Fprintf(s.ui, "%s\n%s", paint(s.ui.colorOut, colourOf(class), string(first)), rest)
}

func colourOf(class analyzer.Class) colour {
	switch class {
	case analyzer.Clean:
		return green
	case analyzer.Middlebox:
		return red
	}
	return yellow
}

// unusable says why a ticket gave nothing. With --json the inventory is what can be delivered of it.
func (s *session) unusable(t *ticket, c *analyzer.Case, err error) {
	hint := "a pcap or pcapng capture is needed, plain, compressed or in an archive"
	switch {
	case !errors.Is(err, analyzer.ErrNothingUsable):
		hint = "other tickets are not affected; if the file is whole, please report this"
	case c != nil && c.Partial():
		hint = "see below what could not be read, and why"
	}
	s.ui.fail(&problem{fmt.Errorf("%s: %w", t.name, err), hint})
	if c == nil {
		return
	}
	for _, v := range c.Caveats {
		if v.Partial && v.Member == "" {
			s.ui.plain("  " + v.Text.String())
		}
	}
	// What could not be read goes first: it is why.
	members := slices.Clone(c.Members)
	slices.SortStableFunc(members, func(a, b *analyzer.Member) int {
		readable := func(m *analyzer.Member) int {
			if m.Kind == analyzer.KindUnreadable {
				return 0
			}
			return 1
		}
		return readable(a) - readable(b)
	})
	for i, m := range members {
		if i == mostLines && !s.verbose {
			s.ui.plain(fmt.Sprintf("  and %d more; --verbose lists them", len(c.Members)-mostLines))
			break
		}
		s.ui.plain("  " + memberLine(m))
	}
	if s.json && errors.Is(err, analyzer.ErrNothingUsable) {
		if err := report.JSON(s.ui, c, report.Options{Lang: report.Lang(s.lang.picked), Version: s.version}); err != nil && s.ui.outErr == nil {
			s.ui.fail(err)
		}
	}
}

// mostLines bounds what is listed on the terminal without --verbose.
const mostLines = 20

// inventory says what could not be read, which is what exit code 3 is about; --verbose adds every member and every other loss.
func (s *session) inventory(c *analyzer.Case) {
	for _, m := range c.Members {
		s.ui.detail("%s", memberLine(m))
	}
	partial := 0
	for _, v := range c.Caveats {
		where := v.Member
		switch {
		case v.Frame > 0:
			where = fmt.Sprintf("%s, frame %d", where, v.Frame)
		case where == "":
			where = c.Name
		}
		if !v.Partial {
			s.ui.detail("caveat: %s: %s", where, v.Text)
			continue
		}
		if partial++; partial <= mostLines || s.verbose {
			s.ui.warn("%s: %s", where, v.Text)
		}
	}
	if more := partial - mostLines; more > 0 && !s.verbose {
		s.ui.plain(fmt.Sprintf("  and %d more; --verbose lists them", more))
	}
}

func memberLine(m *analyzer.Member) string {
	line := fmt.Sprintf("%s: %s", m.Name, m.Kind)
	if m.Format != "" {
		line += ", " + m.Format
	}
	if m.Kind == analyzer.KindCapture {
		line += fmt.Sprintf(", %d packets, taken at: %s", m.Packets, m.Role)
	}
	if !m.Why.IsZero() {
		line += ", " + m.Why.String()
	}
	return line
}

// show opens one report, however many there are: the first whose verdict is not clean, or the first.
func (s *session) show() {
	if len(s.reports) == 0 {
		return
	}
	pick := s.reports[0]
	for _, r := range s.reports {
		if r.verdict != analyzer.Clean {
			pick = r
			break
		}
	}
	if err := s.desk.open(pick.path); err != nil {
		s.ui.fail(&problem{fmt.Errorf("show %s: %w", pick.path, err), "open the file yourself; it is complete"})
	}
}

// outputError is what standard output failed with. A reader that went away has had what it wanted ("| head"): no error.
func (s *session) outputError() error {
	if s.ui.outErr == nil || brokenPipe(s.ui.outErr) {
		return nil
	}
	return problemf("see that the disk has room and that standard output is open", "print to standard output: %w", s.ui.outErr)
}

// exitCode is the worst in this order: nothing usable at all, something unusable or partly used, all analysed.
func (s *session) exitCode() int {
	switch {
	case s.analysed == 0:
		return exitNothing
	case s.failed > 0 || s.partly > 0 || s.outputLost:
		return exitPartly
	}
	return exitAnalysed
}
