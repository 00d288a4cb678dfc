// Package analyzertest is the kit for rule authors: packets written a line each, and the findings expected of them.
//
// A .pkt file holds flows. Lines beginning with # are comments. A flow that carries no "want" expects silence: every file holds a flow
// on which its rule fires, and a look-alike on which it does not.
//
//	flow 192.0.2.10:51000 > 198.51.100.20:443  client.ttl=64 server.ttl=52
//	0.000 C SYN
//	0.030 S SYN,ACK
//	0.031 C ACK
//	0.032 C PSH,ACK len=517
//	0.060 S ACK
//	0.062 S ACK len=90
//	0.063 S RST ttl=61     # want rst-ttl-mismatch "arrived with TTL 61"
//
// # Flows
//
//	flow CLIENT > SERVER  key=value ...
//
// Keys: client.ttl, server.ttl (64); client.isn, server.isn; client.id, server.id (counter:START, zero, const:N, random; a counter by
// default, and 0 in a SYN/ACK as Linux does); client.win, server.win (500); ts=1 (both sides send timestamps). IPv6 addresses go in
// brackets. A new flow line with the same addresses is a new connection on the old ports.
//
// # Packets
//
//	TIME SIDE FLAGS key=value ...   # want RULE-ID "part of the sentence"
//
// TIME is in seconds; +0.1 counts from the line before. SIDE is C or S. FLAGS are RFC names joined with commas, or none. Sequence and
// acknowledgment numbers follow the conversation; seq= and ack= set them, rseq= and rack= relative to the initial number. Other keys:
// len, data="text" (Go syntax), win, ttl, id, df (1), tos, mss (SYNs; 0: none), ws and sack=1 (options of
// SYNs, not there otherwise), nots, tsval, dup (the frame is captured twice), cut (the capture holds only so many bytes of the frame, 14 of Ethernet among them).
//
// A flow with the key udp is one of datagrams, without flags (none). In it, and over TCP: dns=NAME is a query of the client and an answer of the
// server, with dnsid, qtype (1: addresses), opt (EDNS) and, of the answer, a=ADDRESSES (none: no such name; fail: the server failed). Over
// UDP only: quic=NAME (the client's Initial), quic=initial, quic=close:CODE (an Initial of the server), quic=handshake. In resets: mptcprst=REASON.
//
//	TIME I ROUTER type=3 code=13 quote=C   an ICMP error that quotes the last packet of a side; mtu sets its second word
//	verdict CLASS CAUSE                    what the flow comes to when all rules run
//	path NAME                              a path report; its text follows in lines that begin with |
//	want RULE-ID "part of the sentence"    a finding about the last line so far of the path report
//	capture NAME                           what follows was captured elsewhere; the same flow line may come again
package analyzertest
