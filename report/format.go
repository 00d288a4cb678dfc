package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// clock writes a time for people: to the millisecond, UTC.
func clock(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000") }

// clockOnly writes the time of day to the microsecond, UTC.
func clockOnly(ns int64) string { return time.Unix(0, ns).UTC().Format("15:04:05.000000") }

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

// percent writes a probability, never as certainty.
func percent(p float64) string { return fmt.Sprintf("%.1f %%", 100*min(max(p, 0), 0.999)) }

// connection names a connection by its two ends.
func connection(client, server flow.Endpoint) string {
	return client.String() + " → " + server.String()
}

// baseName gives a member's name without its archives and folders.
func baseName(name string) string { return name[strings.LastIndexAny(name, "/\\")+1:] }

// displayFilter gives Wireshark's filter for one connection.
func displayFilter(proto flow.Proto, client, server flow.Endpoint) string {
	addr := "ipv6.addr"
	if client.V4 {
		addr = "ip.addr"
	}
	return fmt.Sprintf("%[1]s==%[2]v && %[1]s==%[3]v && %[6]v.port==%[4]d && %[6]v.port==%[5]d", addr, client.Addr(), server.Addr(), client.Port, server.Port, proto)
}

// mostFrames is how many frames a filter names: the cited ones of a burst would make it unwieldy.
const mostFrames = 40

// filters gives the lines that an engineer copies into Wireshark and tshark.
func (v *ExhibitView) filters(b *builder, e *analyzer.Exhibit, cited map[uint32]analyzer.Role) {
	c, s := e.Half[flow.Client].Endpoint, e.Half[flow.Server].Endpoint
	v.Filter = displayFilter(e.Proto, c, s) + b.network(e)
	if frames := slices.Sorted(maps.Keys(cited)); len(frames) > 0 {
		var list []string
		for _, n := range frames[:min(len(frames), mostFrames)] {
			list = append(list, fmt.Sprint(n))
		}
		v.Frames = "frame.number in {" + strings.Join(list, ", ") + "}"
	}
	since, ip := "tcp.time_relative", "-e ipv6.src -e ipv6.hlim"
	if c.V4 {
		ip = "-e ip.src -e ip.ttl -e ip.id"
	}
	if e.ICMPErrors > 0 {
		since = "frame.time_relative" // an ICMP error has no other
		ip += " -e icmp.type -e icmp.code"
		if !c.V4 {
			ip = strings.ReplaceAll(ip, "icmp.", "icmpv6.")
		}
	}
	fields := "-e tcp.flags.str -e tcp.seq_raw -e tcp.ack_raw -e tcp.len"
	if e.Proto == flow.UDP {
		since, fields = "frame.time_relative", "-e dns.id -e dns.qry.name -e dns.flags.rcode -e dns.a -e dns.aaaa"
		if e.Half[flow.Server].Port != 53 { // QUIC, or another protocol
			fields = "-e udp.length -e quic.long.packet_type -e quic.dcid -e tls.handshake.extensions_server_name"
		}
	}
	v.Verify = fmt.Sprintf("tshark -r %s -Y \"%s\" -T fields -e frame.number -e %s %s %s",
		quoted(b.Captures[e.Capture].Member.Name), v.Filter, since, ip, fields)
}

// network tells a connection's filter from that of one with the same addresses in another network: by the network identifier that Wireshark
// shows, where there is one.
func (b *builder) network(e *analyzer.Exhibit) string {
	c := b.Flows[e.Conn]
	mine := &c.Seen[0]
	field := map[string]string{"VXLAN": "vxlan.vni", "Geneve": "geneve.vni"}[strings.Split(mine.Tunnel(), " ")[0]]
	if field == "" {
		return ""
	}
	for _, f := range b.Flows {
		if f.Client() == c.Client() && f.Server() == c.Server() && f.Seen[0].Tunnel() != mine.Tunnel() {
			return fmt.Sprintf(" && %s == %d", field, mine.EncapID)
		}
	}
	return ""
}

// quoted gives the base name of a member for a command line of any shell, cmd.exe and PowerShell; one that could be misread there is
// replaced.
func quoted(name string) string {
	name = baseName(name)
	misread := func(r rune) bool { return hostile(r) || strings.ContainsRune("\"`$\\!%|&;<>*?^“”„", r) }
	if name == "" || strings.ContainsFunc(name, misread) || strings.HasPrefix(name, "-") {
		return "CAPTURE"
	}
	return "\"" + name + "\""
}
