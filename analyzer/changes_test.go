package analyzer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
)

// changed lists what the way did to the packets of a script, a line each.
func changed(t *testing.T, text string, rules ...*analyzer.Rule) (string, *analyzer.Case) {
	t.Helper()
	script, err := analyzertest.ParsePkt("changes", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := script.Captures()
	if err != nil {
		t.Fatal(err)
	}
	c := analyzertest.Analyze(t, rules, captures...)
	var lines []string
	for _, x := range c.Changes {
		varies := ""
		if x.Varies {
			varies = ", e.g."
		}
		lines = append(lines, fmt.Sprintf("%s>%s %s %s %s%s %s>%s %d/%d #%d>#%d", c.Captures[x.From].Name(), c.Captures[x.To].Name(), x.Side, x.Kind, x.Field, varies, x.Left, x.Arrived, x.Packets, x.Of, x.First[0].Frame, x.First[1].Frame))
	}
	return strings.Join(lines, "\n"), c
}

// sentAs and arrivedAs are one connection whose packets a test changes at the second capture point.
const sentAs = `capture client
flow 192.0.2.10:51000 > 198.51.100.20:443  client.ttl=64 server.ttl=62 client.isn=7000 server.isn=9000 ts=1
0.000 C SYN tsval=70
0.030 S SYN,ACK tsval=90
0.031 C ACK tsval=71
0.040 C PSH,ACK data="what" tsval=72
0.070 S PSH,ACK data="that" tsval=91
`

const arrivedAs = `capture server
flow 192.0.2.10:51000 > 198.51.100.20:443  client.ttl=62 server.ttl=64 client.isn=7000 server.isn=9000 ts=1
0.015 C SYN tsval=70
0.016 S SYN,ACK tsval=90
0.046 C ACK tsval=71
0.055 C PSH,ACK data="what" tsval=72
0.056 S PSH,ACK data="that" tsval=91
`

func TestChanges(t *testing.T) {
	const ttls = "client.pcap>server.pcap client TTL ip.ttl 64>62 3/3 #1>#1\n%sserver.pcap>client.pcap server TTL ip.ttl 64>62 2/2 #2>#2%s"
	for _, k := range []struct {
		name        string
		was, is     string
		ofC, of     string   // lines about the client's packets, and the server's
		alsoReplace []string // in the lines about TTLs
	}{
		{name: "routers alone"},
		{name: "the client's address and port", was: "flow 192.0.2.10:51000", is: "flow 203.0.113.5:61000",
			ofC: "client.pcap>server.pcap client address ip.src 192.0.2.10>203.0.113.5 3/3 #1>#1\nclient.pcap>server.pcap client port tcp.srcport, e.g. 51000>61000 3/3 #1>#1\n"},
		{name: "the server's address and port", was: "198.51.100.20:443", is: "10.0.0.20:8443",
			of: "\nserver.pcap>client.pcap server address ip.src 10.0.0.20>198.51.100.20 2/2 #2>#2\nserver.pcap>client.pcap server port tcp.srcport 8443>443 2/2 #2>#2"},
		{name: "the MSS", was: "C SYN", is: "C SYN mss=1360", ofC: "client.pcap>server.pcap client MSS tcp.options.mss_val 1460>1360 1/1 #1>#1\n"},
		{name: "no MSS", was: "C SYN", is: "C SYN mss=0", ofC: "client.pcap>server.pcap client MSS tcp.options.mss_val 1460>— 1/1 #1>#1\n"},
		{name: "the timestamps option of a SYN", was: "C SYN tsval=70", is: "C SYN nots", ofC: "client.pcap>server.pcap client timestamps tcp.options.timestamp.tsval, e.g. 70>— 1/1 #1>#1\n"},
		{name: "timestamps", was: "C PSH,ACK data=\"what\" tsval=72", is: "C PSH,ACK data=\"what\" tsval=99",
			ofC: "client.pcap>server.pcap client timestamp values tcp.options.timestamp.tsval, e.g. 72>99 1/3 #4>#4\n"},
		{name: "DSCP", was: "C PSH,ACK", is: "C PSH,ACK tos=0x28", ofC: "client.pcap>server.pcap client DSCP ip.dsfield.dscp 0>10 1/3 #4>#4\n"},
		{name: "congestion", was: "C PSH,ACK", is: "C PSH,ACK tos=3", ofC: "client.pcap>server.pcap client ECN ip.dsfield.ecn 0>3 1/3 #4>#4\n"},
		{name: "sequence numbers", was: "server.isn=9000", is: "server.isn=8000", of: "\nserver.pcap>client.pcap server sequence numbers tcp.seq_raw, e.g. 8000>9000 2/2 #2>#2"},
		{name: "window scale and SACK", was: "C SYN", is: "C SYN ws=7 sack=1",
			ofC: "client.pcap>server.pcap client window scale tcp.options.wscale.shift —>7 1/1 #1>#1\nclient.pcap>server.pcap client SACK permitted tcp.options.sack_perm —>1 1/1 #1>#1\n"},
		{name: "identifications", was: "client.isn=7000", is: "client.isn=7000 client.id=zero",
			ofC: "client.pcap>server.pcap client IP identification ip.id, e.g. 12289>0 3/3 #1>#1\n"},
		{name: "don't fragment", was: "C PSH,ACK", is: "C PSH,ACK df=0", ofC: "client.pcap>server.pcap client don't fragment ip.flags.df 1>0 1/3 #4>#4\n"},
		{name: "window", was: "C PSH,ACK", is: "C PSH,ACK win=17", ofC: "client.pcap>server.pcap client window tcp.window_size_value, e.g. 500>17 1/3 #4>#4\n"},
		{name: "another packet in its place changes nothing", was: "C PSH,ACK data=\"what\"", is: "C PSH,ACK data=\"lies\" win=17 df=0",
			alsoReplace: []string{"3/3", "2/2"}},
		{name: "what is not there is not compared", was: "0.056 S PSH,ACK data=\"that\" tsval=91\n", is: "", alsoReplace: []string{"2/2", "1/1"}},
	} {
		arrived := strings.ReplaceAll(arrivedAs, k.was, k.is)
		if k.was != "" && arrived == arrivedAs {
			t.Fatalf("%s: nothing is changed", k.name)
		}
		want := fmt.Sprintf(ttls, k.ofC, k.of)
		if k.alsoReplace != nil {
			want = strings.Replace(want, k.alsoReplace[0], k.alsoReplace[1], 1)
		}
		if got, _ := changed(t, sentAs+arrived); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", k.name, got, want)
		}
	}
}

// TestChangesIPv6: the fields of IPv6 have names of their own, and no identification.
func TestChangesIPv6(t *testing.T) {
	six := strings.NewReplacer("192.0.2.10:51000", "[2001:db8::10]:51000", "198.51.100.20:443", "[2001:db8:1::20]:443")
	got, _ := changed(t, six.Replace(sentAs+strings.ReplaceAll(arrivedAs, "C PSH,ACK", "C PSH,ACK tos=0x2a")))
	const want = `client.pcap>server.pcap client TTL ipv6.hlim 64>62 3/3 #1>#1
client.pcap>server.pcap client DSCP ipv6.tclass.dscp 0>10 1/3 #4>#4
client.pcap>server.pcap client ECN ipv6.tclass.ecn 0>2 1/3 #4>#4
server.pcap>client.pcap server TTL ipv6.hlim 64>62 2/2 #2>#2`
	if got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// TestManyChanges: as many addresses as translation has make no more lines than anybody reads.
func TestManyChanges(t *testing.T) {
	var client, server strings.Builder
	client.WriteString("capture client\n")
	server.WriteString("capture server\n")
	const n = 100
	for i := range n {
		fmt.Fprintf(&client, "flow 192.0.2.10:51000 > 198.51.100.%d:443 client.ttl=64 server.ttl=62 client.isn=%d server.isn=%d\n0.0 C SYN\n0.1 S SYN,ACK\n", i, 1000*i, 2000*i)
		fmt.Fprintf(&server, "flow 192.0.2.10:51000 > 10.0.0.%d:443 client.ttl=62 server.ttl=64 client.isn=%d server.isn=%d\n0.0 C SYN\n0.1 S SYN,ACK\n", i, 1000*i, 2000*i)
	}
	_, c := changed(t, client.String()+server.String())
	lines, packets := 0, 0
	for _, x := range c.Changes {
		if x.Kind == analyzer.ChangeAddress {
			lines, packets = lines+1, packets+x.Packets
		}
	}
	if lines != 25 || packets != n {
		t.Errorf("%d lines tell of %d packets, want 25 of %d", lines, packets, n)
	}
	if c.Compared != (analyzer.Compared{Connections: n, Of: n}) {
		t.Errorf("compared %+v, want all %d", c.Compared, n)
	}
}
