package main

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
)

// config is a command line.
type config struct {
	paths    []string // arguments, those of --read first
	together bool
	output   string
	formats  choices
	json     bool
	evidence string // file of the evidence capture; empty: among the formats
	payload  bool
	lang     choice
	open     bool
	openSet  bool // --open or --open=false was given
	quiet    bool
	verbose  bool
	color    choice
	limits   analyzer.Limits

	passwords    []string
	passwordFile string

	wantHelp, wantVersion, wantRules bool
	ruleIDs                          []string // arguments behind "rules"
}

// group is a part of the help text with its flags. Every flag is defined here, once, with its help.
type group struct {
	title string
	flags *pflag.FlagSet
}

func (c *config) groups() []group {
	var all []group
	next := func(title string) *pflag.FlagSet {
		f := pflag.NewFlagSet(title, pflag.ContinueOnError)
		f.SortFlags = false
		all = append(all, group{title, f})
		return f
	}

	f := next("Input")
	f.StringArrayVarP(&c.paths, "read", "r", nil, "one more `PATH`, for hands used to tcpdump and tshark; may be repeated")
	f.BoolVar(&c.together, "together", false, "all PATHs are one ticket, as when both ends sent an archive each")
	f.StringArrayVar(&c.passwords, "password", nil, "`PASSWORD` to try on what is encrypted; may be repeated")
	f.StringVar(&c.passwordFile, "password-file", "", "`FILE` of passwords to try, one a line: a command line is seen by all who are logged in")
	f.BoolP("no-names", "n", false, "changes nothing, as names are never looked up; for hands used to tcpdump")

	f = next("Output")
	f.StringVarP(&c.output, "output", "o", "", "put the reports in `DIR`, which is made if missing, instead of beside the input")
	c.formats = choices{from: formatNames(), picked: formatNames()}
	f.Var(&c.formats, "format", "`LIST` of reports to write, separated by commas")
	f.BoolVar(&c.json, "json", false, "print the JSON report on standard output and write nothing but what --evidence names; implies --together")
	f.StringVar(&c.evidence, "evidence", "", "write the evidence capture to `FILE`, with --json too, instead of among the reports; for one ticket")
	f.BoolVar(&c.payload, "evidence-payload", false, "keep payloads in the evidence capture, which is cut to headers otherwise")
	c.lang = choice{from: []string{string(report.English), string(report.Chinese)}}
	f.Var(&c.lang, "lang", "`LANG` of the report and of the rules, en or zh (default that of LC_ALL, LC_MESSAGES, LANG or Windows, else en)")
	f.BoolVar(&c.open, "open", false, "show the report when done, as it happens when files are dropped on the program; --open=false prevents that")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print errors and warnings only; reports are written, and --json and rules print")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "also say what each file of the ticket was taken for")
	c.color = choice{from: []string{"auto", "always", "never"}, picked: "auto"}
	f.Var(&c.color, "color", "`WHEN` to use colour: auto, always, never; auto heeds NO_COLOR and TERM=dumb")

	f = next("Limits (sizes take K, M, G, T; what was read before one is reached counts)")
	c.limits = analyzer.Limits{
		MaxBytes: analyzer.DefaultMaxBytes, MaxRatio: analyzer.DefaultMaxRatio, MaxDepth: analyzer.DefaultMaxDepth,
		MaxSpool: analyzer.DefaultMaxSpool, MaxMembers: analyzer.DefaultMaxMembers, MaxCaptures: analyzer.DefaultMaxCaptures, MaxFlows: analyzer.DefaultMaxFlows, MaxMemory: analyzer.DefaultMaxMemory,
	}
	l := &c.limits
	f.Var((*size)(&l.MaxBytes), "max-bytes", "`SIZE` that one ticket may expand to")
	f.Var((*ratio)(&l.MaxRatio), "max-ratio", "`N` bytes that one compressed byte may expand to")
	f.Var((*count)(&l.MaxDepth), "max-depth", "archives inside archives, `N` levels")
	f.Var((*size)(&l.MaxSpool), "max-spool", "`SIZE` of an archive inside another, and of all members that wait for others (parts, the files of a ring buffer), in a temporary file")
	f.Var((*count)(&l.MaxMembers), "max-members", "at most `N` files in one ticket")
	f.Var((*count)(&l.MaxCaptures), "max-captures", "at most `N` captures in one ticket; the files of a ring buffer are one")
	f.Var((*count)(&l.MaxFlows), "max-flows", "list `N` flows; more only if something went wrong in them")
	f.Var((*size)(&l.MaxMemory), "max-memory", "`SIZE` of packets kept in memory; more goes to a temporary file")
	f.StringVar(&l.TempDir, "temp-dir", "", "`DIR` for temporary files (default the system's)")

	f = next("Other")
	f.BoolVarP(&c.wantHelp, "help", "h", false, "print this help")
	f.BoolVarP(&c.wantVersion, "version", "V", false, "print the version")
	return all
}

const usageLine = "capforensics [flags] PATH..."

const helpHead = `Usage: ` + usageLine + `
       capforensics [flags] ` + rulesWord + ` [ID...]

Says from packet captures whether broken connections were broken by a host, by the
network, or by a device between them, and cites the frames that show it. Works offline.

Each archive (zip, tar, tar.gz, ...) or directory is a ticket. Loose files named together
are one ticket: the captures of both ends, an mtr report. "-" is standard input. Where a
capture was taken shows in it; client=PATH, server=PATH and middle=PATH say it. The verdict
is printed; the reports <ticket>.capforensics.pdf, .html and .json are written beside the
input, and if something was found .pcapng, the packets that show it, with comments for
Wireshark. A file that capforensics did not make is never overwritten.

"capforensics rules" lists what is looked for, and "capforensics rules ID" explains it. To
analyse a file or folder called rules, name it ./rules.
`

const helpTail = `
Exit codes:
  0    analysed, whatever the verdict
  1    nothing usable in any ticket, or no report could be delivered
  2    the command line was not understood
  3    analysed in part: a file was cut, damaged or missing, a limit was reached, or one
       ticket of several was unusable
  130  interrupted

Examples:
  capforensics ticket.zip
  capforensics client.pcap server.pcapng mtr.txt
  capforensics -o reports/ --format pdf,html ticket-4711.zip ticket-4712.tgz
  tcpdump -i eth0 -w - port 443 | capforensics -
  capforensics --json ticket.zip | jq .verdict
  capforensics rules rst-too-fast
`

const (
	helpColumn = 26 // where the descriptions begin
	helpWidth  = 92 // the same on every terminal, so that the README can quote it
)

func helpText() string {
	var b strings.Builder
	b.WriteString(helpHead)
	for _, g := range (&config{}).groups() {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		g.flags.VisitAll(func(f *pflag.Flag) { describe(&b, f) })
	}
	b.WriteString(helpTail)
	return b.String()
}

// describe writes the help of a flag, wrapped. Note: pflag's own layout says "[=true|false]" of every switch.
func describe(b *strings.Builder, f *pflag.Flag) {
	value, text := pflag.UnquoteUsage(f)
	head := "      --" + f.Name
	if f.Shorthand != "" {
		head = "  -" + f.Shorthand + ", --" + f.Name
	}
	if f.Value.Type() != "bool" {
		head += " " + value
		if f.DefValue != "" && f.DefValue != "[]" {
			text += " (default " + f.DefValue + ")"
		}
	}
	b.WriteString(head)
	at := len(head)
	if at > helpColumn-2 {
		at = helpWidth // the description begins on the next line
	} else {
		b.WriteString(strings.Repeat(" ", helpColumn-at-1))
		at = helpColumn - 1
	}
	for word := range strings.FieldsSeq(text) {
		if at+1+len(word) > helpWidth {
			b.WriteString("\n" + strings.Repeat(" ", helpColumn-1))
			at = helpColumn - 1
		}
		b.WriteString(" " + word)
		at += 1 + len(word)
	}
	b.WriteString("\n")
}

// parse reads a command line; every error is a *problem and means exit code 2.
func parse(args []string) (*config, error) {
	c := &config{}
	all := pflag.NewFlagSet(program, pflag.ContinueOnError)
	all.SortFlags = false
	for _, g := range c.groups() {
		all.AddFlagSet(g.flags)
	}
	if err := all.Parse(args); err != nil {
		return c, &problem{err, parseHint(err)}
	}
	// Behind -r or "--" stands a path, whatever it is called.
	if len(c.paths) == 0 && all.Arg(0) == rulesWord && all.ArgsLenAtDash() != 0 {
		c.wantRules, c.ruleIDs = true, all.Args()[1:]
	} else {
		c.paths = append(c.paths, all.Args()...)
	}
	c.openSet = all.Changed("open")
	switch {
	case c.wantHelp || c.wantVersion:
		return c, nil
	case c.wantRules:
		return c, checkRules(all)
	}
	if err := c.check(all); err != nil {
		return c, err
	}
	return c, c.readPasswords()
}

// maxPasswords bounds what a file of them may hold: each is tried on what is encrypted, and 7z and rar make that slow on purpose.
const maxPasswords = 100

// readPasswords adds those of --password-file. What a line holds is the password, but for the end of the line and a mark of UTF-8 before the first.
func (c *config) readPasswords() error {
	if c.passwordFile == "" {
		return nil
	}
	f, err := os.Open(c.passwordFile)
	if err != nil {
		return &problem{fmt.Errorf("open %s: %w", c.passwordFile, cause(err)), openHint(err)}
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for first, n := true, 0; lines.Scan(); first = false {
		line := lines.Text()
		if first {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if line == "" {
			continue
		}
		if n++; n > maxPasswords {
			return problemf("leave out those that cannot be meant", "%s holds more than %d passwords", c.passwordFile, maxPasswords)
		}
		c.passwords = append(c.passwords, line)
	}
	if err := lines.Err(); err != nil {
		return problemf("it is a text with a password on each line", "read %s: %v", c.passwordFile, cause(err))
	}
	return nil
}

// check refuses flags that contradict each other: none is ignored in silence.
func (c *config) check(flags *pflag.FlagSet) error {
	switch {
	case len(c.paths) == 0:
		return problemf(usageLine+"; capforensics --help tells more", "no capture, archive or directory was named")
	case slices.Contains(c.paths, ""):
		return problemf("check the variable that the command line takes it from", "a path is empty")
	case c.json && flags.Changed("output"):
		return problemf("leave out one of them; \"--format json -o DIR\" writes the JSON report to a file", "--json writes no file, --output asks for one")
	case c.json && flags.Changed("format"):
		return problemf("leave out one of them", "--json prints one format, --format asks for files")
	case c.json && c.open:
		return problemf("leave out one of them", "--json writes no file that --open could show")
	case flags.Changed("evidence") && (c.evidence == "" || c.evidence == "-"):
		return problemf("name a file: --evidence proof.pcapng", "--evidence takes the name of a file")
	case c.payload && c.evidence == "" && (c.json || !c.formats.has(evidenceFormat)):
		return problemf("add --evidence FILE, or leave it out", "--evidence-payload is about the evidence capture, and none is asked for")
	case c.quiet && c.verbose:
		return problemf("leave out one of them", "--quiet and --verbose contradict each other")
	case flags.Changed("password-file") && c.passwordFile == "":
		return problemf("name a file with a password on each line", "--password-file is empty")
	case flags.Changed("output") && c.output == "":
		return problemf("name a folder, \".\" for the working directory", "--output is empty")
	}
	return nil
}

// checkRules refuses the flags that are about captures.
func checkRules(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if err == nil && !slices.Contains([]string{"lang", "quiet", "color"}, f.Name) {
			err = problemf("leave it out; to analyse a file or folder called rules, name it ./rules", "--%s is about captures, rules is not", f.Name)
		}
	})
	return err
}

// parseHint says what to do about flags that other tools have and this one does not.
func parseHint(err error) string {
	foreign := map[string]string{
		"w": "-o DIR says where the reports go, --evidence FILE where the packets do that show what was found",
		"i": "capforensics does not capture: tcpdump -i any -w - | capforensics -",
		"Y": "there are no filters: the report names the flows, and gives a display filter for each",
		"f": "there are no filters: the report names the flows, and gives a display filter for each",
		"c": "there is no packet limit; --max-bytes limits what is read",
		"R": "directories are read with everything in them, no flag needed",
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		if unknown.GetSpecifiedShortnames() == "" {
			return "capforensics --help lists the flags; a name that begins with \"-\" goes behind \"--\""
		}
		if hint := foreign[unknown.GetSpecifiedName()]; hint != "" {
			return hint
		}
		return "capforensics --help lists the flags; a name that begins with \"-\" goes behind \"--\""
	}
	return "capforensics --help describes the flags"
}

// size is a number of bytes: "64M", "2G", "1048576". The letters are powers of 1024.
type size int64

func (s *size) Type() string { return "size" }

func (s *size) String() string {
	n := int64(*s)
	for i := len(sizeLetters); i > 0; i-- {
		if unit := int64(1) << (10 * i); n >= unit && n%unit == 0 {
			return strconv.FormatInt(n/unit, 10) + sizeLetters[i-1:i]
		}
	}
	return strconv.FormatInt(n, 10)
}

const sizeLetters = "KMGT"

func (s *size) Set(text string) error {
	digits := strings.ToUpper(text)
	if short, ok := strings.CutSuffix(digits, "IB"); ok { // 64M, 64MB and 64MiB are the same
		digits = short
	} else {
		digits = strings.TrimSuffix(digits, "B")
	}
	shift := 0
	if i := strings.LastIndexAny(digits, sizeLetters); i >= 0 && i == len(digits)-1 {
		shift = 10 * (strings.IndexByte(sizeLetters, digits[i]) + 1)
		digits = digits[:i]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is no size; 64M and 2G are", text)
	}
	*s = size(n << shift)
	return nil
}

// count is a whole number of 1 or more: the analyzer takes 0 for its default, which nobody means who writes 0.
type count int

func (c *count) Type() string   { return "count" }
func (c *count) String() string { return strconv.Itoa(int(*c)) }

func (c *count) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a whole number of 1 or more", text)
	}
	*c = count(n)
	return nil
}

// ratio is a count that is as wide as its limit.
type ratio int64

func (r *ratio) Type() string   { return "count" }
func (r *ratio) String() string { return strconv.FormatInt(int64(*r), 10) }

func (r *ratio) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a whole number of 1 or more", text)
	}
	*r = ratio(n)
	return nil
}

// choice is one of some words.
type choice struct {
	from   []string
	picked string
}

func (c *choice) Type() string   { return "word" }
func (c *choice) String() string { return c.picked }

func (c *choice) Set(text string) error {
	if !slices.Contains(c.from, text) {
		return fmt.Errorf("%q is not one of %s", text, strings.Join(c.from, ", "))
	}
	c.picked = text
	return nil
}

// choices are some of some words, each once, in the order of the words they are from.
type choices struct {
	from, picked []string
}

func (c *choices) has(name string) bool { return slices.Contains(c.picked, name) }

func (c *choices) Type() string   { return "list" }
func (c *choices) String() string { return strings.Join(c.picked, ",") }

func (c *choices) Set(text string) error {
	var asked []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(c.from, name) {
			return fmt.Errorf("%q is not one of %s", name, strings.Join(c.from, ", "))
		}
		asked = append(asked, name)
	}
	c.picked = slices.DeleteFunc(slices.Clone(c.from), func(name string) bool { return !slices.Contains(asked, name) })
	return nil
}
