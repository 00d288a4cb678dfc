package flow

import "bytes"

// The letters of Zeek's connection history: upper case for what the client sent, lower case for the server.
//
//	s SYN  h SYN/ACK  a pure ACK  d data  f FIN  r RST  c bad checksum  g gap  t retransmission  w zero window
//	i inconsistent (SYN with RST or FIN)  q SYN, FIN or RST with data after close  ^ direction was guessed the other way round
//
// t, w and g recur each time their count grows tenfold, as Zeek writes them.

// Note appends a letter for a side, once for each side; letters that recur take their count.
func (s *Summary) Note(letter byte, side Side, count uint32) {
	if side == Client {
		letter -= 'a' - 'A'
	}
	recurs := false
	switch letter | 0x20 {
	case 't', 'w', 'g':
		for n := uint32(1); n <= count && !recurs; n *= 10 {
			recurs = n == count
		}
		if !recurs {
			return
		}
	}
	if !recurs && bytes.IndexByte(s.history[:s.historyLen], letter) >= 0 || int(s.historyLen) == len(s.history) {
		return
	}
	s.history[s.historyLen] = letter
	s.historyLen++
}

// History gives the connection's history in Zeek's alphabet, in the order things were first seen.
func (s *Summary) History() string { return string(s.history[:s.historyLen]) }

// State gives Zeek's conn_state: how the connection was set up and how it ended.
func (s *Summary) State() string {
	c, v := &s.Half[Client], &s.Half[Server]
	syn, synack := c.SYNs > 0, v.SYNs > 0
	switch {
	case s.Proto == UDP && c.Packets > 0 && v.Packets > 0:
		return "SF"
	case s.Proto == UDP && c.Packets > 0:
		return "S0"
	case s.Proto == UDP:
		return "SHR"
	case !syn && !synack:
		return "OTH" // no SYN seen: midstream traffic
	case !syn:
		if v.RSTs > 0 {
			return "RSTRH" // responder sent a SYN/ACK followed by a RST, no SYN seen
		}
		return "SHR" // SYN/ACK followed by a FIN, or nothing, no SYN seen
	case !synack:
		switch {
		case v.RSTs > 0:
			return "REJ"
		case c.RSTs > 0:
			return "RSTOS0"
		case c.FINs > 0:
			return "SH"
		}
		return "S0"
	case s.FirstRSTFrame > 0 && s.FirstRSTSide == Client:
		return "RSTO"
	case s.FirstRSTFrame > 0:
		return "RSTR"
	case c.FINs > 0 && v.FINs > 0:
		return "SF"
	case c.FINs > 0:
		return "S2"
	case v.FINs > 0:
		return "S3"
	}
	return "S1"
}
