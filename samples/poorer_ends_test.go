package samples

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// kept gives a recording without the frames that drop names.
func (r *recording) kept(drop func(i int, p record) bool) *recording {
	k := &recording{link: r.link}
	for i, p := range r.records {
		if !drop(i, p) {
			k.records = append(k.records, p)
		}
	}
	return k
}

// TestPoorerEnds takes something away from one of two captures: frames by chance, its end, one direction, one port. Then less can be proven: a
// connection that both whole captures do not accuse must not be accused, whatever is missing at one end.
func TestPoorerEnds(t *testing.T) {
	for _, path := range twoEndTickets(t) {
		c := analyze(t, path)
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			ends := recordings(t, c, path)
			whole := make(map[string]bool)
			for _, line := range accusedOf(verdicts(t, ends[0].pcap(), ends[1].pcap())) {
				for _, name := range connsOf(line) {
					whole[name] = true
				}
			}
			for i, end := range ends {
				for name, poor := range poorer(end) {
					both := [2]*recording{ends[0], ends[1]}
					both[i] = poor
					for _, line := range accusedOf(verdicts(t, both[0].pcap(), both[1].pcap())) {
						if !slices.ContainsFunc(connsOf(line), func(n string) bool { return whole[n] }) {
							t.Errorf("capture %d %s: %s, by the whole captures it is not accused", i, name, line)
						}
					}
				}
			}
		})
	}
}

// poorer gives worse captures of the same place.
func poorer(r *recording) map[string]*recording {
	all := map[string]*recording{
		"stopped after half":  r.kept(func(i int, _ record) bool { return i > len(r.records)/2 }),
		"stopped nine tenths": r.kept(func(i int, _ record) bool { return i > len(r.records)*9/10 }),
		"begun late":          r.kept(func(i int, _ record) bool { return i < len(r.records)/4 }),
		"without a server's":  r.kept(func(_ int, p record) bool { return portOf(r.link, p.data, false) < 1024 }),
		"without a client's":  r.kept(func(_ int, p record) bool { return portOf(r.link, p.data, true) < 1024 }),
		"of port 443 alone": r.kept(func(_ int, p record) bool {
			return portOf(r.link, p.data, false) != 443 && portOf(r.link, p.data, true) != 443
		}),
		"without what is 100 long": r.kept(func(_ int, p record) bool { return p.len > 100 }),
	}
	for seed := range uint64(3) {
		chance := rand.New(rand.NewPCG(seed, 2))
		all[fmt.Sprintf("with 2 %% lost, seed %d", seed)] = r.kept(func(int, record) bool { return chance.IntN(50) == 0 })
	}
	return all
}

// portOf gives a port of a TCP frame, 65535 if it is none.
func portOf(link layers.LinkType, data []byte, destination bool) int {
	tcp, _ := gopacket.NewPacket(data, link, gopacket.DecodeOptions{Lazy: true, NoCopy: true}).Layer(layers.LayerTypeTCP).(*layers.TCP)
	switch {
	case tcp == nil:
		return 65535
	case destination:
		return int(tcp.DstPort)
	}
	return int(tcp.SrcPort)
}

var frameNumber = regexp.MustCompile(`/\d+$`)

// connsOf gives the names of a line's connection, without the frames in which it begins.
func connsOf(line string) []string {
	var names []string
	for _, n := range strings.Fields(namesOf(line)) {
		names = append(names, frameNumber.ReplaceAllString(n, ""))
	}
	return names
}

// TestForgedIntoClean puts one reset in a server's name into a clean connection at its client's end: that connection alone must be found out.
func TestForgedIntoClean(t *testing.T) {
	tried := 0
	for _, path := range twoEndTickets(t) {
		c := analyze(t, path)
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			for _, f := range c.Flows {
				i := slices.IndexFunc(f.Seen, func(s analyzer.Sighting) bool { return c.Captures[s.Capture].Member.Role == analyzer.AtClient })
				if f.Class != analyzer.Clean || f.Proto() != flow.TCP || len(f.Seen) != 2 || i < 0 || f.Seen[i].Half[flow.Server].DataPackets < 10 || !f.Seen[i].Handshake() {
					continue
				}
				s := &f.Seen[i]
				ends := recordings(t, c, path)
				want := verdicts(t, ends[0].pcap(), ends[1].pcap())
				after, ok := forge(ends[s.Capture], s)
				if !ok {
					continue
				}
				tried++
				changed := slices.DeleteFunc(verdicts(t, ends[0].pcap(), ends[1].pcap()), func(line string) bool {
					return slices.ContainsFunc(want, func(w string) bool { return sameVerdict(line, w) })
				})
				name := fmt.Sprintf("%v-%v", s.Half[flow.Client].Endpoint, s.Half[flow.Server].Endpoint)
				if len(changed) != 1 || !strings.Contains(changed[0], name+"/") || !strings.Contains(changed[0], "middlebox rst-injection") {
					t.Errorf("forged after frame %d of %s: %q", after, name, changed)
				}
				break
			}
		})
	}
	if tried == 0 {
		t.Error("no clean connection to forge into")
	}
}

// sameVerdict says that two lines are of one connection and say the same; frame numbers moved by the one that came in.
func sameVerdict(x, y string) bool {
	_, a, _ := strings.Cut(x, "]")
	_, b, _ := strings.Cut(y, "]")
	return a == b && slices.Equal(connsOf(x), connsOf(y))
}

// forge puts a reset behind the fifth segment of a server's data: a copy of it without payload, options or the server's counter.
func forge(r *recording, s *analyzer.Sighting) (frame int, ok bool) {
	seen := 0
	for i, p := range r.records {
		packet := gopacket.NewPacket(p.data, r.link, gopacket.DecodeOptions{Lazy: true})
		tcp, _ := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
		ip, _ := packet.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
		server, client := &s.Half[flow.Server], &s.Half[flow.Client]
		if tcp == nil || ip == nil || uint16(tcp.SrcPort) != server.Port || uint16(tcp.DstPort) != client.Port || !ip.SrcIP.Equal(server.Addr().AsSlice()) {
			continue
		}
		length := int(ip.Length) - int(ip.IHL)*4 - int(tcp.DataOffset)*4
		if length <= 0 {
			continue
		}
		if seen++; seen < 5 {
			continue
		}
		at := len(p.data) - len(ip.Contents) - len(ip.Payload)
		for at >= 0 && !strings.HasPrefix(string(p.data[at:]), string(ip.Contents)) { // behind it there may be a trailer
			at--
		}
		if at < 0 {
			return 0, false
		}
		forged := slices.Clone(p.data[:at+20+20])
		head, seg := forged[at:at+20], forged[at+20:]
		copy(seg, p.data[at+int(ip.IHL)*4:][:20])
		head[0] = 0x45
		binary.BigEndian.PutUint16(head[2:], 40)
		binary.BigEndian.PutUint16(head[4:], ip.Id^0x5a5a)
		head[8] = ip.TTL - 9
		binary.BigEndian.PutUint32(seg[4:], tcp.Seq+uint32(length))
		seg[12], seg[13] = 5<<4, 0x14 // RST, ACK
		r.records = slices.Insert(r.records, i+1, record{p.at.Add(50 * time.Microsecond), forged, len(forged)})
		return i + 1, true
	}
	return 0, false
}
