package analyzer

import (
	"maps"
	"slices"
	"time"

	"github.com/capforensics/capforensics/analyzer/internal/capture"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// noteLosses turns everything of a capture that was not used into caveats.
func (a *analysis) noteLosses(o *reading) {
	m, h, n, t := o.Member, &o.Health, o.tally, o.table
	if n.packets == 0 {
		a.caveat(m, 0, false, "the capture holds no packets")
	}
	for reason, count := range n.reasons {
		if count > 0 {
			a.caveat(m, n.firstFrame[reason], false, "%d frames were counted and not followed: %s", count, wire.Reason(reason).String())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.unusedTypes)) {
		a.caveat(m, 0, false, "%d of them are %s", n.unusedTypes[name], name)
	}
	if n.untimed > 0 {
		a.caveat(m, 0, false, "%d frames carry no time (simple packet blocks, hex dumps): they take the time of the frame before", n.untimed)
	}
	if n.aggregates > 0 {
		a.caveat(m, 0, false, "%d Wi-Fi frames hold several packets each: only the first of each was followed", n.aggregates)
	}
	if n.esp > 0 {
		a.caveat(m, 0, false, "%d datagrams carry ESP over UDP (IPsec, encrypted): the connections inside were not followed", n.esp)
	}
	k := &t.Counts
	if k.Cut > 0 {
		a.caveat(m, 0, false, "the snap length cut %d segments inside their headers", k.Cut)
	}
	if k.Evicted > 0 {
		a.caveat(m, 0, true, "%d connections left the table before the capture ended, as more were open than are followed at a time", k.Evicted)
	}
	if k.StrayICMP > 0 {
		a.caveat(m, 0, false, "%d ICMP errors quote connections that this capture does not hold", k.StrayICMP)
	}
	if k.OtherICMP > 0 {
		a.caveat(m, 0, false, "%d ICMP errors quote neither TCP nor UDP, or too little to tell the connection", k.OtherICMP)
	}
	if k.UnknownSenders > 0 {
		a.caveat(m, 0, false, "the senders of %d ICMP errors were not kept, as there are too many different ones", k.UnknownSenders)
	}
	if h.Interfaces > 1 {
		a.caveat(m, 0, false, "frames of %d interfaces are in one file: the same packet may be in it at several places of its way", h.Interfaces)
	}
	if h.Edited.OneTTL {
		a.caveat(m, 0, false, "all packets of all hosts have one TTL, as within one network or after editing: it does not tell one host from another")
	}
	if h.Edited.OneIPID {
		a.caveat(m, 0, false, "all packets of all hosts have one IP identification: the capture was edited")
	}
	if h.Edited.NoChecksums {
		a.caveat(m, 0, false, "no TCP segment has a checksum: the capture was edited, made by a program, or taken within one machine")
	}
	if h.Renamed > 0 {
		a.caveat(m, 0, false, "%d connections are in the capture under two pairs of addresses, as before and after translation: each is judged by itself", h.Renamed)
	}
	if h.Coarse {
		a.caveat(m, 0, false, "the clock of the capture ticks every %v: shorter delays and the order of what has one time are not told", time.Duration(h.Resolution))
	}
	if n.backwards > 0 {
		a.caveat(m, 0, false, "the clock steps back by more than a millisecond %d times", n.backwards)
	}
	if d := t.Counts.Duplicates; d*100 > k.TCP {
		a.caveat(m, 0, false, "%d segments were captured twice: a mirror port or bridge; rules that such copies could mislead stay silent", d)
	}
	if k.Unheard > 0 {
		a.caveat(m, 0, false, "%d UDP flows carry nothing that tells whether an answer was due (other than DNS, QUIC, NTP, RADIUS, IKE), or too little of it was captured: they were counted and not judged", k.Unheard)
	}
	if k.Unnamed > 0 {
		a.caveat(m, 0, false, "%d names and answers in payloads were not kept, as there are too many: what rests on them was not judged", k.Unnamed)
	}
	a.noteFragments(m, &n.fragments)
}

// noteInfo tells what the capture says of itself and was not used.
func noteInfo(a *analysis, m *Member, info *capture.Info) {
	m.Drops = info.Drops()
	if info.NoDate {
		a.caveat(m, 0, false, "the times in this text have no date: they are shown as those of 1 January 1970")
	}
	if info.LocalTime {
		a.caveat(m, 0, false, "the times of this format are those of the capturing machine's zone, which the file does not tell: they are shown as if they were UTC")
	}
	for _, c := range []struct {
		n    uint64
		text string
	}{
		{m.Drops, "the capturing system says that it lost %d frames"},
		{info.Names, "%d name resolution records were not used"},
		{info.Secrets, "%d blocks of decryption secrets were not used"},
		{info.Custom, "%d custom blocks were not used"},
		{info.Unknown, "%d blocks of unknown type were not used"},
		{info.BadOptions, "%d options are malformed"},
		{info.BadPackets, "%d packet blocks contradict themselves and were passed over"},
		{info.AboveSnapLen, "%d frames are longer than the snap length of the file"},
		{info.AboveOriginal, "%d frames hold more bytes than they say to have had on the wire"},
		{info.Comments, "%d comments are in the capture: read them in Wireshark"},
	} {
		if c.n > 0 {
			a.caveat(m, 0, false, c.text, c.n)
		}
	}
}
