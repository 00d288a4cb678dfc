// Package analyzer judges packet captures: it reads a ticket - archives, captures, path reports - rebuilds its TCP connections and the
// exchanges over UDP that it understands (DNS, QUIC, NTP, RADIUS, IKE), runs rules over those that need a look, weighs what they find into
// a verdict for each connection and for the ticket, and tells where on the way a device stands.
//
//	c, err := analyzer.Analyze(ctx, "ticket", inputs, rules.All(), nil)
//	fmt.Println(c.Verdict.Headline)
//
// # Data flow
//
//	Input -container-> stream -capture-> Record -wire-> Segment -+-flowtab-> flows + packet log -+
//	  |                   |                                        +-probe----> path reports -----+-> Case -rules-> findings -weigh-> Verdict
//	  |                   +-(not a capture)-route-----------------------------> path reports -----+
//	  +----------- every loss on the way becomes a Caveat ---------------------------------------> +
//
// The survey (survey.go) passes each capture once and keeps a fixed-size [flow.Summary] of every connection and a fixed-size
// [flow.Packet] of every segment, in memory up to a limit and then in a temporary file. Before it, archives that came in parts are put
// together (volumes.go), and so are those within another archive or a mail (container, hold.go); the files of a ring buffer become one capture
// (ring.go), of which files may be missing (holes.go). What is inside a tunnel is followed, and keeps the name of the tunnel.
//
// Judging (judge.go) joins the flows of several captures (pairs.go), gathers the packets of those that need a look in batches, and runs the rules;
// compare.go then runs those that compare the connections of the ticket with each other, and has those that they speak of weighed again. Findings
// are weighed in weigh.go and nowhere else; conclude.go turns the flows' verdicts into the ticket's. What became of each packet between two
// captures two_ends.go says, what the way did to its headers changes.go, and which connections a proxy relays relays.go. The frames that show it can be fetched from the inputs again: [Case.ReadFrames].
//
// Path reports come from text (path_reports.go) and from the probes in captures. Which of them have to do with the connections path_fit.go
// says; [Case.WayTo] puts those to one server together into a [Way] (way.go), which compares TCP traces to a port with others (way_port.go).
// With it, and with the TTLs and times of the packets under suspicion, place.go says at which hops a device stands: a [Locus].
//
// # Where the counts differ from Wireshark's
//
// Packets and connections are counted as Wireshark counts them, but for these:
//
//   - An IP datagram in pieces of which the last never came, or was not captured: its first piece is followed, as it has the ports. Wireshark
//     puts datagrams together, and shows TCP only where one is whole. Where the pieces are those of a tunnel's datagram, the one within is counted with the
//     length that its own header says, in the frame of the first piece; Wireshark shows it in the frame that completes it.
//   - BIG TCP, as a host captures it that leaves segmentation to its network card: an IPv6 datagram with a length of 0 and no jumbo payload
//     option, or a tunnel's UDP datagram with a length of 0, reaches to the end of the frame. Wireshark calls both malformed. Where only the
//     IPv4 length is 0 both take the frame's.
//   - IPComp (RFC 3173) is counted by its name and not decompressed: all that is kept of a frame is views of the captured bytes.
//   - Of an IEEE 802.11 A-MSDU the first packet is followed, and a caveat counts such frames: a packet is cited, fetched again and
//     checked by the number of its frame, so that two packets in one could not be told apart.
//   - sFlow and its like are UDP as any other: a sample of a connection's packets would look like loss.
//
// # What a verdict claims
//
// Middlebox: the evidence excludes the named host; one finding is proof by itself, or two independent families agree, and nothing about
// the capture makes it a bad witness. Endpoint: the packets show that the named host did it. Path: data was lost and sent again, as
// networks lose it. Inconclusive: something went wrong and these captures cannot tell who did it; the next step names the capture that
// would. Clean: nothing went wrong in this connection. It does not claim that no device stands on the path, and of a ticket that is known to lack
// something it is never more than a weak verdict. Where a file of a ring buffer is missing (holes.go), a capture tells nothing of what a host or device
// did to a connection behind that hole, and that it does not hold a packet proves nothing.
//
// # Three channels
//
// An error ends the work on an input. A [Caveat] is something we could not see; every writer shows it. A [Finding] is something about
// the network. They are never mixed, and nothing is logged.
package analyzer
