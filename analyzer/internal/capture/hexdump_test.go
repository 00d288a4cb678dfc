package capture

import (
	"fmt"
	"strings"
	"testing"
)

// A SYN as tcpdump -x prints it, and the same behind an Ethernet header as FortiGate does.
const (
	tcpdumpX = "05:21:35.585864 IP 192.0.2.10.51000 > 198.51.100.20.443: Flags [S], seq 1000, win 500, length 0\n" +
		"\t0x0000:  4500 0028 0001 0000 4006 0000 c000 020a  E..(....@.......\n" +
		"\t0x0010:  c633 6414 c738 01bb 0000 03e8 0000 0000  .3d..8..........\n" +
		"\t0x0020:  5002 01f4 0000 0000                      P.......\n"
	fortigate = "interfaces=[any]\nfilters=[none]\n" +
		"0.123456 port1 in 192.0.2.10.51000 -> 198.51.100.20.443: syn 1000\n" +
		"0x0000\t 0200 0000 0001 0200 0000 0002 0800 4500\t..............E.\n" +
		"0x0010\t 0028 0001 0000 4006 0000 c000 020a c633\t.(....@........3\n" +
		"0x0020\t 6414 c738 01bb 0000 03e8 0000 0000 5002\td..8..........P.\n" +
		"0x0030\t 01f4 0000 0000                         \t......\n\n"
	wireshark = "0000   02 00 00 00 00 01 02 00 00 00 00 02 08 00 45 00   ..............E.\n" +
		"0010   00 28 00 01 00 00 40 06 00 00 c0 00 02 0a c6 33   .(....@........3\n" +
		"0020   64 14 c7 38 01 bb 00 00 03 e8 00 00 00 00 50 02   d..8..........P.\n" +
		"0030   01 f4 00 00 00 00                                 ......\n"
	xxd = "00000000: 0200 0000 0001 0200 0000 0002 0800 4500  ..............E.\n" +
		"00000010: 0028 0001 0000 4006 0000 c000 020a c633  .(....@........3\n" +
		"00000020: 6414 c738 01bb 0000 03e8 0000 0000 5002  d..8..........P.\n" +
		"00000030: 01f4 0000 0000                           ......\n"
	hexdumpC = "00000000  02 00 00 00 00 01 02 00  00 00 00 02 08 00 45 00  |..............E.|\n" +
		"00000010  00 28 00 01 00 00 40 06  00 00 c0 00 02 0a c6 33  |.(....@........3|\n" +
		"00000020  64 14 c7 38 01 bb 00 00  03 e8 00 00 00 00 50 02  |d..8..........P.|\n" +
		"00000030  01 f4 00 00 00 00                                 |......|\n00000036\n"
	syn = "450000280001000040060000c000020ac6336414c73801bb000003e8000000005002" + "01f400000000"
)

func TestHexDump(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
		odd      uint64
		local    bool
	}{
		{"tcpdump -x", tcpdumpX, []string{"1 t=19295585864000 link=101 cap=40 orig=40 " + syn}, 0, true},
		{"FortiGate", fortigate, []string{"1 t=123456000 link=1 cap=54 orig=54 0200000000010200000000020800" + syn}, 0, false},
		{"two, with carriage returns", strings.ReplaceAll(fortigate+fortigate, "\n", "\r\n"), []string{"1 t=123456000 link=1 cap=54 orig=54 0200000000010200000000020800" + syn,
			"2 t=123456000 link=1 cap=54 orig=54 0200000000010200000000020800" + syn}, 0, false},
		{"one right behind the other", "0x0000: " + strings.Repeat("ab", 16) + "\n0x0000: " + strings.Repeat("cd", 16), []string{"1 t=0 link=1 cap=16 orig=16 " + strings.Repeat("ab", 16), "2 t=0 link=1 cap=16 orig=16 " + strings.Repeat("cd", 16)}, 0, false},
		{"Wireshark", "The packet:\n\n" + wireshark + wireshark, []string{"1 t=0 link=1 cap=54 orig=54 0200000000010200000000020800" + syn, "2 t=0 link=1 cap=54 orig=54 0200000000010200000000020800" + syn}, 0, false},
		{"tshark -x", strings.ReplaceAll(wireshark, "0   ", "0  "), []string{"1 t=0 link=1 cap=54 orig=54 0200000000010200000000020800" + syn}, 0, false},
		{"xxd", xxd, []string{"1 t=0 link=1 cap=54 orig=54 0200000000010200000000020800" + syn}, 0, false},
		{"hexdump -C", hexdumpC, []string{"1 t=0 link=1 cap=54 orig=54 0200000000010200000000020800" + syn}, 0, false},
		{"with a date", "2009-03-19 05:21:35.5 IP x\n0x0000:  " + strings.Repeat("ab", 14), []string{"1 t=1237440095500000000 link=1 cap=14 orig=14 " + strings.Repeat("ab", 14)}, 0, true},
		{"seconds since the epoch", "1237440095.25 IP x\n0x0000:  " + strings.Repeat("ab", 14), []string{"1 t=1237440095250000000 link=1 cap=14 orig=14 " + strings.Repeat("ab", 14)}, 0, false},
		{"past midnight", "23:59:59.5 IP x\n0x0000:  " + strings.Repeat("ab", 14) + "\n00:00:01.5 IP x\n0x0000:  " + strings.Repeat("ab", 14),
			[]string{"1 t=86399500000000 link=1 cap=14 orig=14 " + strings.Repeat("ab", 14), "2 t=86401500000000 link=1 cap=14 orig=14 " + strings.Repeat("ab", 14)}, 0, true},
		{"a line is missing", "0x0000: " + strings.Repeat("ab", 16) + "\n0x0020: " + strings.Repeat("cd", 16), []string{"1 t=0 link=1 cap=16 orig=16 " + strings.Repeat("ab", 16)}, 1, false},
		{"text that looks like bytes", "0x0000:  " + strings.Repeat("abab ", 8) + " cafe", []string{"1 t=0 link=1 cap=16 orig=16 " + strings.Repeat("ab", 16)}, 0, false},
	} {
		got, r, err := read(t, []byte(c.in))
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) || r.Info().BadPackets != c.odd || r.Info().LocalTime != c.local {
			t.Errorf("%s: %q, %d lines left over, error %v: want %q, %d", c.name, got, r.Info().BadPackets, err, c.want, c.odd)
		}
	}
}

func TestNoHexDump(t *testing.T) {
	for _, in := range []string{
		"a mail about 0x0000: nothing\n", "0x0000:  4500 0028\n", "0x0010:  " + strings.Repeat("abab ", 8) + "\n", "0x0000" + strings.Repeat("ab", 16) + "\n",
		"0x" + strings.Repeat("0", 5000), " 1  192.0.2.1  1.0 ms\n", strings.SplitAfter(wireshark, "\n")[0], "0000 " + strings.Repeat("ab ", 16) + "\n0010 " + strings.Repeat("ab ", 16), "000   " + strings.Repeat("ab ", 16) + "\n010   " + strings.Repeat("ab ", 16),
		wireshark[:70] + wireshark[140:], "\x000x0000:  " + strings.Repeat("abab ", 8),
	} {
		if got := Sniff([]byte(in)); got != "" {
			t.Errorf("%.40q is taken for a %s", in, got)
		}
	}
}

// TestEndlessHexDump: a packet of a dump is no longer than any other, and neither is a line.
func TestEndlessHexDump(t *testing.T) {
	var b strings.Builder
	for at := 0; at < MaxRecord+1024; at += 16 {
		fmt.Fprintf(&b, "0x%04x:  %s\n", at, strings.Repeat("abab ", 8))
	}
	b.WriteString(strings.Repeat("x", 3*maxLine))
	r, err := NewReader(source([]byte(b.String())))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r.Next() {
		if n++; len(r.Record().Data) > MaxRecord {
			t.Fatalf("a packet of %d bytes", len(r.Record().Data))
		}
	}
	if n != 1 || r.Err() != nil || r.Info().BadPackets == 0 {
		t.Errorf("%d packets, error %v, %d lines left over: want 1, none and the rest", n, r.Err(), r.Info().BadPackets)
	}
}
