package analyzer

import (
	"cmp"
	"slices"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// trouble is a group of flows with one class and cause.
type trouble struct {
	class Class
	cause Cause
	flows []int // indexes in Case.Flows, the surest first
}

// mostReasons fit under a headline; the rest is with the flow.
const mostReasons = 4

// conclude gives the ticket's verdict: that of the flows that went wrong. Many clean background flows never outvote one accusation,
// and two different troubles are both named.
func (a *analysis) conclude(troubles []*trouble) {
	v := &a.Verdict
	if len(troubles) == 0 {
		total := 0
		for _, n := range a.Counts {
			total += n
		}
		*v = Verdict{Class: Clean, Cause: CauseNone, Confidence: 0.95, Grade: Strong, Worst: -1}
		if total == 0 {
			v.Class, v.Confidence, v.Grade = Inconclusive, 0.5, Weak
			if len(a.Captures) == 0 {
				a.pathsAlone(v)
				return
			}
			v.Headline = Msg("The captures hold neither a TCP connection nor anything over UDP that is understood: there is nothing to judge.")
			if n := a.tunnelled(); n > 0 {
				v.Next = []Message{Msg("%d frames are inside tunnels that could not be opened: capture on a host within the tunnel's network, or at the tunnel's end behind the decapsulation.", n)}
				return
			}
			v.Next = []Message{Msg("Capture again while the trouble happens, on both hosts, without a filter that hides the connection.")}
			return
		}
		if lacks := a.lacks(); len(lacks) > 0 { // what went wrong may be in that
			v.Confidence, v.Grade, v.Because = 0.5, Weak, lacks[:min(len(lacks), mostReasons)]
			v.Headline = Msg("Nothing went wrong in what could be read of the TCP, DNS and QUIC traffic of this ticket: %v.", Connections(total))
			v.Next = []Message{Msg("If the customer saw a failure, it may be in what is missing: the section \"What could not be seen or was not used\" names it; ask for that.")}
			return
		}
		v.Headline = Msg("Nothing went wrong in the TCP, DNS and QUIC traffic of this ticket: %v.", Connections(total))
		v.Next = []Message{Msg("If the customer saw a failure, it is not in these captures: capture again while it happens, on both hosts.")}
		return
	}
	first := troubles[0]
	worst := a.Flows[first.flows[0]]
	*v = Verdict{Class: first.class, Cause: first.cause, Confidence: worst.Confidence, Grade: worst.Grade, Worst: first.flows[0]}
	v.Headline = headline(first, worst)
	told, proven := make(map[*Rule]bool), false
	var reasons []*Finding
	for _, i := range worst.Findings {
		f := a.Findings[i]
		if told[f.Rule] || f.Weight <= 0 || f.Cause.Class() != first.class && first.class != Inconclusive {
			continue
		}
		told[f.Rule] = true
		v.Because = append(v.Because, a.InCapture(f))
		// Once the other end's capture has spoken, no rule's advice to capture there is of use.
		if !proven {
			reasons = append(reasons, f)
		}
		proven = proven || f.Rule.OnPair != nil
	}
	// The advice of the rules that are about this very cause comes first: others only add to how sure it is.
	slices.SortStableFunc(reasons, func(x, y *Finding) int { return cmp.Compare(about(x, v.Cause), about(y, v.Cause)) })
	for _, f := range reasons {
		if !slices.ContainsFunc(v.Next, func(m Message) bool { return m.Format == f.Rule.Next }) {
			v.Next = append(v.Next, Msg(f.Rule.Next))
		}
	}
	v.Because, v.Next = v.Because[:min(len(v.Because), mostReasons)], v.Next[:min(len(v.Next), mostReasons)]
	if len(v.Because) == 0 {
		v.Because = []Message{Msg("No rule could tell who ended the connection.")}
	}
	if first.class == Inconclusive {
		v.Next = slices.Insert(v.Next, 0, a.settling(worst))
	}
	if len(v.Next) == 0 {
		v.Next = []Message{a.settling(worst)}
	}
	for _, t := range troubles[1:] {
		v.Also = append(v.Also, also(a.Case, t))
	}
}

// lacks says what the ticket should hold and does not, as far as it is known.
func (a *analysis) lacks() []Message {
	var all []Message
	for _, v := range a.Caveats {
		switch {
		case !v.Partial:
		case v.Member == "":
			all = append(all, v.Text)
		default:
			all = append(all, Msg("%s: %s", (&Member{Name: v.Member}).Base(), v.Text))
		}
	}
	return all
}

// pathsAlone concludes where there is no capture: path reports tell where probes end, and not what became of the customer's connection.
func (a *analysis) pathsAlone(v *Verdict) {
	v.Headline = Msg("The ticket has path reports and no capture: they tell where probes end, and not who broke a connection.")
	if slices.ContainsFunc(a.Members, func(m *Member) bool { return m.Kind == KindUnreadable }) {
		v.Headline = Msg("The ticket has path reports, and no capture that could be read: they tell where probes end, and not who broke a connection.")
	}
	for _, f := range a.Findings[:min(len(a.Findings), mostReasons)] {
		v.Because = append(v.Because, f.Summary)
	}
	v.Next = []Message{Msg("Capture while the trouble happens, on both hosts, without a filter that hides the connection, and trace the path at the same time.")}
}

// about is 0 for a finding of a rule that is made for the cause, and 1 for others.
func about(f *Finding, c Cause) int {
	if f.Rule.Cause == c {
		return 0
	}
	return 1
}

// troubles groups the flows that are not clean, the gravest group first.
func (a *analysis) troubles() []*trouble {
	var all []*trouble
	for i, f := range a.Flows {
		if f.Class == Clean {
			continue
		}
		k := slices.IndexFunc(all, func(t *trouble) bool { return t.class == f.Class && t.cause == f.Cause })
		if k < 0 {
			all = append(all, &trouble{class: f.Class, cause: f.Cause})
			k = len(all) - 1
		}
		all[k].flows = append(all[k].flows, i)
	}
	for _, t := range all {
		slices.SortStableFunc(t.flows, func(x, y int) int { return cmp.Compare(a.Flows[y].Confidence, a.Flows[x].Confidence) })
	}
	// An accusation comes first; what hosts did and what cannot be told are weighed by how many connections they hit.
	slices.SortStableFunc(all, func(x, y *trouble) int {
		return cmp.Or(cmp.Compare(accused(x.class), accused(y.class)), cmp.Compare(len(y.flows), len(x.flows)),
			cmp.Compare(severity(x.class), severity(y.class)), cmp.Compare(x.cause, y.cause))
	})
	return all
}

// tunnelled counts the frames of all captures that are inside tunnels.
func (a *analysis) tunnelled() uint64 {
	n := uint64(0)
	for _, c := range a.Captures {
		n += c.Health.Tunnelled
	}
	return n
}

func accused(c Class) int {
	if c == Middlebox {
		return 0
	}
	return 1
}

func headline(t *trouble, worst *Conn) Message {
	n, server := Connections(len(t.flows)), worst.Server().String()
	switch t.class {
	case Middlebox:
		switch t.cause {
		case ICMPReject:
			return Msg("A device on the path refused %v to %s.", n, server)
		case IdleTimeout:
			return Msg("A device between the hosts forgot %v that had been idle, with %s, and reset or dropped what came later; the named host did not.", n, server)
		case RSTInjection:
			return Msg("A device between the hosts forged resets in %v with %s; the named host did not send them.", n, server)
		case ResetRewrite:
			return Msg("A device between the hosts turned packets into resets in %v with %s; the named host sent no reset.", n, server)
		case ContentInjection:
			return Msg("A device between the hosts forged data in %v with %s; the named host did not send it.", n, server)
		case HandshakeHijack:
			return Msg("A device between the hosts answered the SYN of %v to %s in the server's name: the client was led into a connection that the server does not have.", n, server)
		case DNSInjection:
			return Msg("A device between the hosts forged DNS answers in %v with %s; the named server did not send them.", n, server)
		case UDPBlock:
			return Msg("Datagrams of %v with %s vanish on the way, while the hosts sent them.", n, server)
		case PMTUBlackhole:
			return Msg("Large packets vanish on the way in %v with %s while small ones pass, and no ICMP message says so.", n, server)
		case SYNDrop:
			return Msg("The connection attempts of %v to %s vanish on the way: they leave the client and do not arrive.", n, server)
		case Blackhole:
			return Msg("From some point on, what is sent in %v with %s vanishes on the way.", n, server)
		case Policing:
			return Msg("A device on the way limits the rate of %v with %s: it dropped what exceeded it.", n, server)
		}
		return Msg("A device between the hosts interfered with %v with %s.", n, server)
	case Endpoint:
		switch {
		case t.cause == PortClosed:
			return Msg("The server refused %v to %s itself: nothing listens on that port.", n, server)
		case t.cause == HostFirewall && worst.Proto() == flow.UDP:
			return Msg("The datagrams of %v reached the server %s, and the server itself refused them or answered none.", n, server)
		case t.cause == TLSAlert && worst.HasBlame && worst.Blame == flow.Client:
			return Msg("The client itself ended %v with %s: it sent a fatal TLS alert.", n, server)
		case t.cause == TLSAlert:
			return Msg("The server %s itself ended %v: it sent a fatal TLS alert.", server, n)
		case t.cause == HostFirewall:
			return Msg("The SYNs of %v reached the server %s, and the server itself answered none: its own filter drops them.", n, server)
		case t.cause == BacklogOverflow:
			return Msg("%v reached the server %s, and the server itself did not take them up: its listen queue is full.", n, server)
		case t.cause == AppNoResponse:
			return Msg("The server took the requests of %v to %s and did not answer them.", n, server)
		case t.cause == KeepaliveFailure:
			return Msg("A host gave up %v with %s itself, as the other end no longer answered; why it did not, is another question.", n, server)
		case t.cause == ConnectionForgotten && worst.HasBlame && worst.Blame == flow.Client:
			return Msg("The client no longer knew %v with %s, and reset what came of it.", n, server)
		case worst.HasBlame && worst.Blame == flow.Client:
			return Msg("The client itself ended %v with %s.", n, server)
		}
		return Msg("The server %s itself ended %v.", server, n)
	case Path:
		return Msg("Packets were lost on the way in %v with %s, as networks do.", n, server)
	}
	switch t.cause {
	case SYNUnanswered:
		return Msg("%v to %s got no answer to the SYN, and these captures cannot tell where it was lost.", n, server)
	case UDPUnanswered:
		return Msg("%v to %s: what was sent over UDP got no answer, and these captures cannot tell where it was lost.", n, server)
	case DataUnanswered:
		return Msg("In %v with %s data was never acknowledged, and these captures cannot tell where it was lost.", n, server)
	case ConnectionLost:
		return Msg("%v with %s broke off, and these captures cannot tell why.", n, server)
	}
	return Msg("%v with %s ended in a reset, and these captures cannot tell by whom.", n, server)
}

func also(c *Case, t *trouble) Message {
	return Msg("%v more: %s (%s), among them %v - %v.", Connections(len(t.flows)), t.class, t.cause, c.Flows[t.flows[0]].Client(), c.Flows[t.flows[0]].Server())
}

// InCapture gives a finding's sentence, with the name of the capture that its frames are counted in where the ticket has several.
func (c *Case) InCapture(f *Finding) Message {
	if len(c.Captures) < 2 || f.Flow < 0 {
		return f.Summary
	}
	return Msg("%s: %s", c.Captures[f.Capture].Name(), f.Summary)
}

// settling names the capture that would settle an open question.
func (a *analysis) settling(worst *Conn) Message {
	var atClient, atServer bool
	for _, c := range a.Captures {
		atClient = atClient || c.Member.Role == AtClient
		atServer = atServer || c.Member.Role == AtServer
	}
	switch {
	case atClient && !atServer:
		return Msg("Capture on the server %v at the same time: if the packet in question never left it, a device on the way sent it.", worst.Server())
	case atServer && !atClient:
		return Msg("Capture on the client %v at the same time: if the packet in question never left it, a device on the way sent it.", worst.Client())
	}
	return Msg("Capture on both hosts at the same time, headers only is enough: tcpdump -i any -s 128 -w both.pcap host %v", worst.Server().Addr())
}
