package analyzer

import "github.com/capforensics/capforensics/analyzer/route"

// byPort places a filter on a port by where TCP probes to it end.
func (s *scene) byPort() []interval {
	w := s.way
	switch {
	case w.Early != nil && w.Early.Outcome == route.Closed && s.cause == RSTInjection:
		return []interval{{w.Answers - 1, w.Answers - 1, byPortTrace,
			Msg("the TCP trace to port %d (%s) is answered in the server's name at hop %d, while the server is at hop %d: the device looks at packets that hop %d passes on", w.Early.Port, w.Early.Where(), w.Answers, w.Behind, w.Answers-1)}}
	case w.Blocked != nil && (s.cause == SYNDrop || s.cause == RSTInjection || s.cause == ICMPReject || s.cause == Blackhole):
		return []interval{{w.Ends, w.Next, byPortTrace, // the hops between answer nobody
			Msg("the TCP trace to port %d (%s) ends behind hop %d, while other probes go on", w.Blocked.Port, w.Blocked.Where(), w.Ends)}}
	}
	return nil
}
