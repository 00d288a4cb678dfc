package analyzertest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// epoch is when the packets of a script begin.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// NamedCapture is a capture file in memory.
type NamedCapture struct {
	Name  string
	Bytes []byte
}

// half is what building one side of a flow needs to know.
type half struct {
	isn, next uint32
	nextID    func() uint16
	ttl       uint8
	win       uint16
	last      []byte // IP datagram sent last
}

// frame is a built packet, waiting to be put in order.
type frame struct {
	at    int64
	bytes []byte
	line  *packetLine
	cut   int // bytes that the capture holds of it
}

// snapLength is tcpdump's default: no frame is cut.
const snapLength = 262144

// Captures builds the files of a script: nanosecond pcaps of Ethernet frames with valid checksums, and path reports.
func (s *Script) Captures() ([]NamedCapture, error) {
	var out []NamedCapture
	for _, c := range s.captures {
		var frames []frame
		for _, f := range c.flows {
			built, err := f.build(s.Name)
			if err != nil {
				return nil, err
			}
			frames = append(frames, built...)
		}
		slices.SortStableFunc(frames, func(a, b frame) int { return int(min(max(a.at-b.at, -1), 1)) })
		file := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
		file = binary.LittleEndian.AppendUint16(file, 2)
		file = binary.LittleEndian.AppendUint16(file, 4)
		file = append(file, make([]byte, 8)...)
		file = binary.LittleEndian.AppendUint32(file, snapLength)
		file = binary.LittleEndian.AppendUint32(file, 1)
		for i, f := range frames {
			if f.line.frame == 0 {
				f.line.frame = uint32(i + 1)
			}
			file = binary.LittleEndian.AppendUint32(file, uint32(f.at/1e9))
			file = binary.LittleEndian.AppendUint32(file, uint32(f.at%1e9))
			held := f.bytes[:min(len(f.bytes), f.cut)]
			file = binary.LittleEndian.AppendUint32(file, uint32(len(held)))
			file = binary.LittleEndian.AppendUint32(file, uint32(len(f.bytes)))
			file = append(file, held...)
		}
		out = append(out, NamedCapture{c.name + ".pcap", file})
	}
	for _, r := range s.paths {
		out = append(out, NamedCapture{r.name, []byte(strings.Join(r.text, "\n") + "\n")})
	}
	return out, nil
}

func number(keys map[string]string, key string, otherwise uint64) (uint64, error) {
	v, ok := keys[key]
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(v, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("%s=%s: %w", key, v, err)
	}
	return n, nil
}

// counter gives the IP identifications of one side.
func counter(spec string, side int) (func() uint16, error) {
	kind, arg, _ := strings.Cut(spec, ":")
	start := uint64(0x1000 * (side + 3))
	if arg != "" {
		n, err := strconv.ParseUint(arg, 0, 16)
		if err != nil {
			return nil, fmt.Errorf("id %s: %w", spec, err)
		}
		start = n
	}
	id := uint16(start)
	switch kind {
	case "", "counter":
		return func() uint16 { id++; return id }, nil
	case "const":
		return func() uint16 { return id }, nil
	case "zero":
		return func() uint16 { return 0 }, nil
	case "random":
		r := rand.New(rand.NewPCG(start, 1))
		return func() uint16 { return uint16(1 + r.UintN(65535)) }, nil
	}
	return nil, fmt.Errorf("no kind of identification %q", kind)
}

func (f *flowScript) build(name string) ([]frame, error) {
	var sides [2]half
	var errs []error
	get := func(keys map[string]string, key string, otherwise uint64) uint64 {
		n, err := number(keys, key, otherwise)
		errs = append(errs, err)
		return n
	}
	for i, who := range []string{"client", "server"} {
		h := &sides[i]
		h.isn = uint32(get(f.keys, who+".isn", uint64(1000+4000*i)))
		h.next = h.isn
		h.ttl, h.win = uint8(get(f.keys, who+".ttl", 64)), uint16(get(f.keys, who+".win", 500))
		var err error
		h.nextID, err = counter(f.keys[who+".id"], i)
		errs = append(errs, err)
	}
	var out []frame
	for _, p := range f.packets {
		at, cut := epoch+int64(p.time*1e9), int(get(p.keys, "cut", snapLength))
		if p.side == 'I' {
			out = append(out, frame{at, f.icmp(p, &sides, get), p, cut})
			continue
		}
		build := f.segment
		if _, udp := f.keys["udp"]; udp {
			build = f.datagram
		}
		b := ethernet(build(p, &sides, get, &errs))
		out = append(out, frame{at, b, p, cut})
		if _, ok := p.keys["dup"]; ok {
			out = append(out, frame{at + 20_000, b, p, cut})
		}
	}
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, f.line, err)
		}
	}
	return out, nil
}

// segment builds the IP datagram of a packet line and moves its side's state.
func (f *flowScript) segment(p *packetLine, sides *[2]half, get func(map[string]string, string, uint64) uint64, errs *[]error) []byte {
	i, src, dst := 0, f.client, f.server
	if p.side == 'S' {
		i, src, dst = 1, f.server, f.client
	}
	me, peer := &sides[i], &sides[1-i]
	syn, rst := p.flags&flagBits["SYN"] != 0, p.flags&flagBits["RST"] != 0

	payload := make([]byte, get(p.keys, "len", 0))
	for k := range payload {
		payload[k] = byte('a' + (int(me.next)+k)%26)
	}
	if d, ok := p.keys["data"]; ok {
		text, err := strconv.Unquote(d)
		*errs = append(*errs, err)
		payload = []byte(text)
	}
	if p.keys["dns"] != "" {
		message, err := dns(p, get)
		*errs = append(*errs, err)
		payload = append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
	}
	seq := me.next
	if syn {
		seq = me.isn // a SYN that is sent again stands where it stood
	}
	seq = uint32(get(p.keys, "seq", uint64(seq)))
	if _, ok := p.keys["rseq"]; ok {
		seq = me.isn + uint32(get(p.keys, "rseq", 0))
	}
	if syn && p.keys["seq"] != "" {
		me.isn = seq
	}
	ack := uint32(0)
	if p.flags&flagBits["ACK"] != 0 {
		ack = peer.next
	}
	ack = uint32(get(p.keys, "ack", uint64(ack)))
	if _, ok := p.keys["rack"]; ok {
		ack = peer.isn + uint32(get(p.keys, "rack", 0))
	}
	if !rst {
		end := seq + uint32(len(payload))
		if p.flags&(flagBits["SYN"]|flagBits["FIN"]) != 0 {
			end++
		}
		if int32(end-me.next) > 0 || syn {
			me.next = end
		}
	}
	var opts []byte
	if hasKey(p, "mptcprst") {
		opts = []byte{30, 4, 0x80, byte(get(p.keys, "mptcprst", 0))}
	}
	if syn {
		opts = []byte{2, 4, 5, 0xb4}
		switch m := get(p.keys, "mss", 1460); m {
		case 0:
			opts = nil
		default:
			opts[2], opts[3] = byte(m>>8), byte(m)
		}
		if hasKey(p, "ws") {
			opts = append(opts, 1, 3, 3, byte(get(p.keys, "ws", 0)))
		}
		if hasKey(p, "sack") {
			opts = append(opts, 1, 1, 4, 2)
		}
	}
	if _, without := p.keys["nots"]; f.keys["ts"] == "1" && !without && !(rst && p.flags&flagBits["ACK"] == 0) {
		opts = append(opts, 1, 1, 8, 10)
		opts = binary.BigEndian.AppendUint32(opts, uint32(get(p.keys, "tsval", uint64(1e6*(i+1))+uint64(p.time*1000))))
		opts = binary.BigEndian.AppendUint32(opts, uint32(1e6*(2-i)))
	}
	var id uint16
	if syn && p.flags&flagBits["ACK"] != 0 || rst && p.flags&flagBits["ACK"] == 0 {
		id = uint16(get(p.keys, "id", 0)) // a kernel's answer without a socket, as Linux numbers it
	} else if _, ok := p.keys["id"]; ok {
		id = uint16(get(p.keys, "id", 0))
	} else {
		id = me.nextID()
	}
	win := uint64(me.win)
	if rst && p.flags&flagBits["ACK"] == 0 {
		win = 0
	}
	t := tcp{src: src.Port(), dst: dst.Port(), seq: seq, ack: ack, flags: p.flags, win: uint16(get(p.keys, "win", win)), opts: opts, payload: payload}
	me.last = datagram(src.Addr(), dst.Addr(), protoTCP, uint8(get(p.keys, "ttl", uint64(me.ttl))), id, get(p.keys, "df", 1) == 1, uint8(get(p.keys, "tos", 0)),
		t.bytes(src.Addr(), dst.Addr()))
	return me.last
}

// icmp builds an ICMP error that quotes the last packet of a side.
func (f *flowScript) icmp(p *packetLine, sides *[2]half, get func(map[string]string, string, uint64) uint64) []byte {
	quoted, to := &sides[0], f.client
	if p.keys["quote"] == "S" {
		quoted, to = &sides[1], f.server
	}
	b := []byte{byte(get(p.keys, "type", 3)), byte(get(p.keys, "code", 13)), 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(b[4:], uint32(get(p.keys, "mtu", 0)))
	b = append(b, quoted.last[:min(len(quoted.last), 60)]...)
	proto := uint8(protoICMP)
	if to.Addr().Is6() {
		proto = protoICMPv6
	}
	binary.BigEndian.PutUint16(b[2:], checksum(b, pseudo(p.router, to.Addr(), proto, len(b))))
	return ethernet(datagram(p.router, to.Addr(), proto, uint8(get(p.keys, "ttl", 250)), 0, false, 0, b))
}
