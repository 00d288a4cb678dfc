package route

import (
	"regexp"
	"slices"
	"strings"
)

// command finds the line that called a tool: at its beginning, or behind the prompt of a shell.
var command = regexp.MustCompile(`(?i)^(?:\s*|.{0,120}?[$#>%]\s*)(?:sudo\s+)?(?:time\s+)?(?:[\w.~/\\:-]*[/\\])?(mtr|traceroute6?|tcptraceroute|tracepath6?|tracert|tracetcp|nexttrace|besttrace|ping6?)(?:\.exe)?\s+(\S.*)$`)

// notCommands are the second words of lines that tools print themselves.
var notCommands = []string{"to", "statistics", "report", "from", "request", "version", "is", "the", "and", "-", "—", "="}

var versionWord = regexp.MustCompile(`^[vV]?\d+(?:\.\d+){1,2}$`) // "NextTrace v1.3.0", not an address

// called reads the command line above line i that called one of these tools, into the report.
func (t *text) called(r *Report, i int, tools ...string) {
	const near = 12 // lines between a command and what it prints: banners, warnings, blank lines
	for n := i - 1; n >= max(t.from, i-near); n-- {
		line := t.at(n)
		if len(line) > 512 {
			continue
		}
		m := command.FindStringSubmatch(line)
		if m == nil || !slices.Contains(tools, strings.ToLower(m[1])) {
			continue
		}
		args := shellWords(m[2])
		if len(args) == 0 {
			continue
		}
		if slices.Contains(notCommands, strings.ToLower(args[0])) || versionWord.MatchString(args[0]) {
			continue
		}
		r.Command = short(line[strings.Index(line, m[1]):])
		r.arguments(strings.ToLower(m[1]), args)
		return
	}
}

var shellWord = regexp.MustCompile(`(?:"[^"]*"?|'[^']*'?|[^\s"'])+`)

// shellWords splits a command line as a shell does, up to a pipe or another command.
func shellWords(s string) []string {
	var words []string
	for _, w := range shellWord.FindAllString(s, 64) {
		if w == "|" || w == ";" || w == "&&" || strings.HasPrefix(w, ">") || strings.HasPrefix(w, "2>") {
			break
		}
		w, more, ended := strings.Cut(w, ";")
		if w != "" {
			words = append(words, strings.NewReplacer(`"`, "", "'", "").Replace(w))
		}
		if ended || more != "" {
			break
		}
	}
	return words
}

// withValue lists the options of each tool that take the next word.
var withValue = map[string]string{
	"mtr":           "-c -i -m -f -P -s -o -F -a -I -B -Q -Z -G -U -L -M -y --report-cycles --interval --max-ttl --first-ttl --port --psize --order --filename --address --interface --bitpattern --tos --timeout --gracetime --localport --mark --ipinfo --max-unknown --displaymode",
	"traceroute":    "-f -g -i -m -N -p -P -t -l -w -q -s -z -O -M --first --gateway --interface --max-hops --sim-queries --port --tos --flowlabel --wait --queries --source --sendwait --sport --fwmark --module --options",
	"tcptraceroute": "-f -i -l -m -p -P -q -s -t -w -O",
	"tracepath":     "-l -m -p",
	"tracert":       "-h -j -w -S /h /w",
	"tracetcp":      "-h -m -p -t -s",
	"nexttrace":     "-p -q -m -f -d -s -D -i -z -w --port --queries --max-hops --first --data-provider --source --dev --send-time --ttl-time --timeout --psize --parallel-requests --language --max-attempts --file",
	"besttrace":     "-q -m -f -p -w -s -g --from --language",
	"ping":          "-c -i -I -s -t -W -w -M -Q -p -l -m -n -S -r -k /n /l /w",
}

// arguments takes from a command line what the report may leave unsaid: target, protocol, port.
func (r *Report) arguments(tool string, args []string) {
	kind := strings.TrimSuffix(tool, "6")
	values := strings.Fields(withValue[kind])
	var rest []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "/") {
			rest = append(rest, a)
			continue
		}
		name, value, joined := strings.Cut(a, "=")
		takes := slices.Contains(values, name)
		switch {
		case joined:
		case takes && i+1 < len(args):
			i++
			value = args[i]
		case len(a) > 2 && a[1] != '-' && slices.Contains(values, a[:2]) && a[2] >= '0' && a[2] <= '9': // -p443
			name, value = a[:2], a[2:]
		case len(a) > 2 && a[1] != '-' && slices.Contains(values, "-"+a[len(a)-1:]) && i+1 < len(args) && len(args)-i > 2: // -rwc 10
			i++
			value = args[i]
		}
		r.option(kind, name, value)
	}
	if r.Target.From == "" && len(rest) > 0 {
		to := rest[0]
		if kind == "tracetcp" {
			var service string
			if to, service, _ = strings.Cut(to, ":"); r.Port == 0 {
				r.Port = port(service)
			}
		}
		r.Target = target(to, "", FromCommand)
	}
	if kind == "tcptraceroute" && len(rest) > 1 && r.Port == 0 {
		r.Port = port(rest[1])
	}
	if r.Proto == "" {
		r.Proto = map[string]Proto{"mtr": ICMP, "traceroute": UDP, "tracepath": UDP, "tcptraceroute": TCP, "nexttrace": ICMP, "besttrace": ICMP}[kind] // their defaults
	}
}

// option takes one option of a command line.
func (r *Report) option(kind, name, value string) {
	tells := func(short string) bool { // -T, or among others: -nT
		return name == "-"+short || len(name) > 2 && name[1] != '-' && strings.Contains(name[1:], short)
	}
	switch kind {
	case "mtr":
		switch {
		case name == "-P" || name == "--port":
			r.Port = port(value)
		case name == "--tcp" || tells("T"):
			r.Proto = TCP
		case name == "--udp" || tells("u"):
			r.Proto = UDP
		case name == "-m" || name == "--max-ttl":
			r.MaxHops, _ = whole(value)
		}
	case "traceroute", "nexttrace", "besttrace":
		switch {
		case name == "-p" || name == "--port":
			r.Port = port(value)
		case name == "-P" || name == "-M": // BSD: protocol; Linux: method
			r.Proto = map[string]Proto{"tcp": TCP, "udp": UDP, "icmp": ICMP}[strings.ToLower(value)]
		case name == "--tcp" || tells("T"):
			r.Proto = TCP
		case name == "--icmp" || kind == "traceroute" && tells("I"):
			r.Proto = ICMP
		case name == "--udp" || tells("U"):
			r.Proto = UDP
		case name == "-m" || name == "--max-hops":
			r.MaxHops, _ = whole(value)
		}
	}
}
