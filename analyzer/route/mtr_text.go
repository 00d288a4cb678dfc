package route

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mtr --report, --report-wide and what a terminal shows of mtr.
//
//	Start: 2026-11-24T02:50:35+0000
//	HOST: vm                          Loss%   Snt   Last   Avg  Best  Wrst StDev
//	  1.|-- 10.99.1.2                  0.0%    10    0.1   0.1   0.1   0.2   0.0
//	    |  `|-- 10.99.1.3
//	    |   +-- [MPLS: Lbl 24005 TC 0 S 1 TTL 1]
//	  2.|-- ???                       100.0    10    0.0   0.0   0.0   0.0   0.0
var _ = register(&format{
	name: "mtr text",
	begins: func(t *text, i int) bool {
		if len(mtrColumns(t.at(i))) >= 3 {
			return true
		}
		h := mtrRow(t.at(i), mtrDefault)
		return h != nil && len(h.fields) == len(mtrDefault) // a piece of a report without its head
	},
	read: readMTRText,
})

// mtrDefault are the columns that mtr shows if not told otherwise: -o "LS NABWV".
var mtrDefault = []string{"Loss%", "Snt", "Last", "Avg", "Best", "Wrst", "StDev"}

// mtrKnown are all columns of mtr. Those beyond StDev are not used.
var mtrKnown = append(slices.Clone(mtrDefault), "Drop", "Rcv", "Gmean", "Jttr", "Javg", "Jmax", "Jint")

// mtrColumns gives the columns that a line names at its end, in their order; none if it is no head of a table.
func mtrColumns(line string) []string {
	if len(line) > 512 || !strings.Contains(line, "Snt") && !strings.Contains(line, "Loss%") && !strings.Contains(line, "Avg") {
		return nil
	}
	words := strings.Fields(line)
	n := len(words)
	for n > 0 && slices.Contains(mtrKnown, words[n-1]) {
		n--
	}
	if n > 3 { // "HOST: name", or "Host" where the screen has a title
		return nil
	}
	return words[n:]
}

// oddColumn counts a column that is known and not used.
func (t *text) oddColumn(name string, line int) {
	if slices.Index(mtrKnown, name) > slices.Index(mtrKnown, "Rcv") {
		t.lose(Loss{Kind: OddColumns, Line: line + 1, Count: 1, What: name})
	}
}

// mtrLine is a row of the table, not understood any further.
type mtrLine struct {
	hop    int
	name   string
	fields []string
}

var mtrNumbered = regexp.MustCompile(`^\s{0,16}(\d{1,3})\.\s*(?:\|--|\|)?\s*(\S.*)$`)

// mtrRow reads a row: what stands to the right are the columns, as names may hold blanks; nil if it is none.
func mtrRow(line string, columns []string) *mtrLine {
	m := mtrNumbered.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	r := &mtrLine{name: m[2]}
	r.hop, _ = strconv.Atoi(m[1]) // three digits
	words := strings.Fields(m[2])
	n := len(words)
	for n > 1 && len(words)-n < len(columns) {
		if _, ok := number(words[n-1]); !ok {
			break
		}
		n--
	}
	if len(words)-n == len(columns) {
		r.name, r.fields = strings.Join(words[:n], " "), words[n:]
	}
	return r
}

func readMTRText(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: "mtr", Format: "text", Line: i + 1, Resolution: 100 * time.Microsecond}
	columns := mtrColumns(t.at(i))
	next := i + 1
	if len(columns) < 3 {
		columns, next = mtrDefault, i
		r.Format, r.piece = "screen", true
	} else {
		if f := strings.Fields(t.at(i)); strings.EqualFold(f[0], "HOST:") && len(f) > len(columns) {
			if r.Source = short(f[1]); slices.Contains(columns, r.Source) {
				r.Source = ""
			}
		}
		r.mtrTitle(t, i)
	}
	for _, c := range columns {
		t.oddColumn(c, i)
	}
	t.called(r, r.Line-1, "mtr")
	var hop *Hop
	for ; next < len(t.lines); next++ {
		line := t.at(next)
		if strings.TrimSpace(line) == "" {
			// Mails double the lines: a blank one ends the table only if no row follows it.
			if k := mtrRow(t.at(t.skipBlank(next)), columns); k == nil || hop == nil && len(r.Hops) > 0 || len(r.Hops) > 0 && k.hop <= r.Hops[len(r.Hops)-1].Number {
				break
			}
			continue
		}
		if k := mtrRow(line, columns); k != nil {
			if k.fields == nil && !mtrBare(k.name) || len(r.Hops) > 0 && k.hop <= r.Hops[len(r.Hops)-1].Number {
				break
			}
			if hop = t.add(r, k.hop, next); hop != nil {
				t.mtrHop(hop, k, columns)
			}
			continue
		}
		if !t.mtrSibling(hop, line) {
			break
		}
	}
	r.clip()
	return []*Report{r}, next
}

// mtrNarrow is the most that mtr prints of a name without --report-wide.
const mtrNarrow = 25

// clip settles which names are perhaps only the beginning of one: none in a table that has longer ones. What looks like an address is
// none then, as it may be the beginning of another.
func (r *Report) clip() {
	wide := false
	for i := range r.Hops {
		for _, k := range r.Hops[i].Routers {
			wide = wide || len(k.String()) > mtrNarrow
		}
	}
	for i := range r.Hops {
		for n := range r.Hops[i].Routers {
			if k := &r.Hops[i].Routers[n]; k.Clipped {
				if k.Clipped = !wide; !wide && k.Addr.IsValid() {
					*k = Router{Name: k.String(), AS: k.AS, Labels: k.Labels, Clipped: true}
				}
			}
		}
	}
}

// mtrBare says that a row without figures is one: the name of a host, or that nothing answered.
func mtrBare(name string) bool {
	_, ok := host(name)
	if !ok {
		return true
	}
	words := strings.Fields(name)
	return len(words) <= 2 && hostShape(words[0]) && strings.ContainsAny(words[0], ".:") && (len(words) == 1 || address(words[1]).IsValid())
}

func (t *text) mtrHop(h *Hop, k *mtrLine, columns []string) {
	name := k.name
	var as string
	if first, rest, ok := strings.Cut(name, " "); ok && strings.HasPrefix(first, "AS") && (strings.HasSuffix(first, "?") || len(first) > 2 && first[2] >= '0' && first[2] <= '9') {
		as, name = first, strings.TrimSpace(rest)
	}
	if strings.HasPrefix(name, "(") && !strings.EqualFold(name, "(waiting for reply)") {
		h.Flags = append(h.Flags, strings.Trim(name, "()")) // master: "(No route to host)" where a name would be
	} else if r, ok := host(name); ok {
		r.AS = asNumber(as)
		r.Clipped = len(name) == mtrNarrow
		t.router(h, r)
	}
	h.NoData = k.fields == nil
	for i, f := range k.fields {
		h.mtrField(columns[i], f)
	}
	h.silence()
}

// mtrField takes a column.
func (h *Hop) mtrField(column, value string) {
	v, ok := number(value)
	if !ok {
		return
	}
	count := func() Known[int] {
		if v < 0 || v > 1<<30 {
			return Known[int]{}
		}
		return known(int(v))
	}
	switch column {
	case "Loss%":
		h.Loss = percentage(v)
	case "Snt":
		h.Sent = count()
	case "Rcv":
		h.Received = count()
	case "Drop":
		if h.Sent.OK && !h.Received.OK && v >= 0 && int(v) <= h.Sent.Value {
			h.Received = known(h.Sent.Value - int(v))
		}
	case "Last":
		h.Last = millis(v)
	case "Avg":
		h.Avg = millis(v)
	case "Best":
		h.Best = millis(v)
	case "Wrst":
		h.Worst = millis(v)
	case "StDev":
		h.StDev = millis(v)
	}
}

// silence takes back the times of a hop of which no probe was answered: mtr prints zeros for them.
func (h *Hop) silence() {
	received, sent, ok := h.Answers()
	if ok && received > 0 || !ok && (!h.Loss.OK || h.Loss.Value < 100) || sent == 0 && h.Best.OK && h.Best.Value > 0 {
		return
	}
	none := Known[time.Duration]{}
	h.Last, h.Best, h.Avg, h.Worst, h.StDev = none, none, none, none, none
}

// asNumber gives "AS13335", or "" for what mtr prints of an unknown one.
func asNumber(s string) string {
	if digits := strings.TrimPrefix(strings.ToUpper(s), "AS"); digits != "" && digits != "0" && digits[0] >= '0' && digits[0] <= '9' {
		return "AS" + short(digits)
	}
	return ""
}

// mtrSibling reads what stands below a row: further addresses of the same hop, and MPLS labels.
func (t *text) mtrSibling(h *Hop, line string) bool {
	s := strings.TrimLeft(line, " \t|`+-")
	if h == nil || s == line || s == "" {
		return false
	}
	if strings.HasPrefix(s, "[MPLS:") {
		if l, ok := mplsLabel(s); ok && len(h.Routers) > 0 {
			r := &h.Routers[len(h.Routers)-1]
			if len(r.Labels) < 16 {
				r.Labels = append(r.Labels, l)
			}
		}
		return true
	}
	words := strings.Fields(s)
	var as string
	if len(words) > 1 && strings.HasPrefix(words[0], "AS") {
		as, words = words[0], words[1:]
	}
	if len(words) > 2 || !hostShape(words[0]) || len(words) == 2 && !address(words[1]).IsValid() {
		return false
	}
	if !strings.ContainsAny(line, "|`") && !strings.ContainsAny(words[0], ".:") {
		return false // a word of the text around it
	}
	r, ok := host(strings.Join(words, " "))
	if r.AS = asNumber(as); ok {
		t.router(h, r)
	}
	return true
}

// mplsWords puts the names before label, traffic class, bottom of stack and TTL.
func mplsWords(f []string) string {
	return "Lbl " + f[0] + " TC " + f[1] + " S " + f[2] + " TTL " + f[3]
}

// mplsFields finds "Lbl 24005 TC 0 S 1 TTL 1" and what other versions and tools write: Exp or CoS for TC, and "=" for the blank.
var mplsFields = regexp.MustCompile(`(?i)\b(Lbl|Label|TC|Exp|CoS|S|TTL)[ =](\d{1,7})\b`)

func mplsLabel(s string) (l Label, ok bool) {
	for _, m := range mplsFields.FindAllStringSubmatch(s, 8) {
		v, _ := strconv.Atoi(m[2]) // seven digits
		switch strings.ToLower(m[1]) {
		case "lbl", "label":
			l.Label, ok = uint32(v), true
		case "tc", "exp", "cos":
			l.TC = uint8(min(v, 255))
		case "s":
			l.S = uint8(min(v, 255))
		case "ttl":
			l.TTL = uint8(min(v, 255))
		}
	}
	return l, ok
}

var (
	mtrVersion = regexp.MustCompile(`(?:My|Matt's) traceroute\s+\[v?([^\]\s]+)\]`)
	mtrEnds    = regexp.MustCompile(`^\s*(\S+)(?: \(([0-9A-Fa-f.:]+)\))? -> (\S+)(?: \(([0-9A-Fa-f.:]+)\))?`)
)

// mtrTitle reads the lines above the table.
func (r *Report) mtrTitle(t *text, i int) {
	for n := i - 1; n >= max(t.from, i-8); n-- {
		line := t.at(n)
		if s, ok := strings.CutPrefix(strings.TrimSpace(line), "Start: "); ok {
			r.Start, r.Zone = startTime(s)
			r.Line = n + 1
			return
		}
		m := mtrVersion.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		r.Format, r.Version, r.Line = "screen", short(m[1]), n+1
		ends := t.at(n + 1)
		words := strings.Fields(ends)
		if m := mtrEnds.FindStringSubmatch(ends); m != nil {
			r.Source, r.Target = short(m[1]), target(m[3], m[4], FromReport)
		} else if len(words) > 0 && n+1 < i {
			r.Source = short(words[0])
		}
		for k := 1; k <= 6 && k <= len(words) && r.Zone == ZoneNone; k++ { // the time stands to the right
			r.Start, r.Zone = startTime(strings.Join(words[len(words)-k:], " "))
		}
		return
	}
}

// startTime reads the time at which mtr began: ISO 8601 with a zone, or before 0.88 that of ctime(3), local time.
func startTime(s string) (time.Time, Zone) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), ZoneGiven
		}
	}
	if at, err := time.Parse("Mon Jan _2 15:04:05 2006", s); err == nil {
		return at, ZoneUnknown
	}
	return time.Time{}, ZoneNone
}
