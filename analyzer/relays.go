package analyzer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer/internal/pairing"
)

// Relay is a connection that a proxy carries on: it ends one, and says the same on another. Each is judged by itself, as no packet of one is a
// packet of the other.
type Relay struct {
	Client, Server *Conn // that of the client with the proxy, and that of the proxy with the server; both in Case.Flows
	ClientSeen     int   // in Conn.Seen: as the captures hold them that were compared
	ServerSeen     int
	By             []string // what they have in common, of MatchWords
	Score, Next    int      // how well they go together, and the next best
}

// Common says what the two connections have in common.
func (r *Relay) Common() Message { return inWords(r.By) }

func inWords(traits []string) Message {
	m := Msg(traits[0])
	for _, name := range traits[1:] {
		m = Msg("%s; %s", m, Msg(name))
	}
	return m
}

// MatchWords are what connections are matched by, in words: what Twins.By and Relay.By are made of.
var MatchWords = slices.Concat(pairing.TraitNames, pairing.Marks)

// sighting names a flow of a capture.
type sighting struct {
	capture int
	id      uint32
}

// weighed keeps how well the flows go together that Relate joined.
func (a *analysis) weighed(found []pairing.Relation) {
	a.fits = make(map[[2]sighting]pairing.Likeness)
	for _, r := range found {
		if r.Link == pairing.FullProxy {
			a.related = append(a.related, r)
			continue
		}
		x, y := sighting{r.A.Capture, r.A.ID}, sighting{r.B.Capture, r.B.ID}
		a.fits[[2]sighting{x, y}], a.fits[[2]sighting{y, x}] = r.Likeness, r.Likeness
	}
}

// likeness gives how well two sightings of a connection go together, where that was weighed; 0, 0 where it needed no weighing.
func (a *analysis) likeness(x, y *Sighting) (score, next int) {
	l := a.fits[[2]sighting{{x.Capture, x.ID}, {y.Capture, y.ID}}]
	return l.Score, l.Next
}

// relate tells the connections that proxies relay, as far as both are listed.
func (a *analysis) relate() {
	at := make(map[sighting]*Conn)
	for _, r := range a.related {
		at[sighting{r.A.Capture, r.A.ID}], at[sighting{r.B.Capture, r.B.ID}] = nil, nil
	}
	if len(at) == 0 {
		return
	}
	for _, c := range a.Flows {
		for i := range c.Seen {
			k := sighting{c.Seen[i].Capture, c.Seen[i].ID}
			if _, wanted := at[k]; wanted {
				at[k] = c
			}
		}
	}
	known := make(map[[2]*Conn]bool)
	for _, r := range a.related {
		x, y := sighting{r.A.Capture, r.A.ID}, sighting{r.B.Capture, r.B.ID}
		if at[x] == nil || at[y] == nil {
			continue
		}
		if a.serverFirst(x.capture, y.capture, at[x], at[y]) {
			x, y = y, x
		}
		c, s := at[x], at[y]
		if known[[2]*Conn{c, s}] || known[[2]*Conn{s, c}] {
			continue
		}
		known[[2]*Conn{c, s}] = true
		a.Relays = append(a.Relays, Relay{Client: c, Server: s, ClientSeen: c.seenIn(x.capture), ServerSeen: s.seenIn(y.capture), By: r.Traits.Names(), Score: r.Score, Next: r.Next})
	}
	slices.SortStableFunc(a.Relays, func(x, y Relay) int {
		return cmp.Or(cmp.Compare(x.Client.Seen[x.ClientSeen].First, y.Client.Seen[y.ClientSeen].First), cmp.Compare(x.Client.Seen[x.ClientSeen].FirstFrame, y.Client.Seen[y.ClientSeen].FirstFrame))
	})
}

// serverFirst says that of two captures the first is that of the server's side.
func (a *analysis) serverFirst(x, y int, cx, cy *Conn) bool {
	if rank := cmp.Compare(a.rank(x), a.rank(y)); rank != 0 {
		return rank > 0
	}
	// The proxy answers the client before, or while, it asks the server: the client's connection begins first.
	earliest, latest, ok := translate(a.clocks, cx.Seen[cx.seenIn(x)].First, x, y)
	return ok && earliest/2+latest/2 > cy.Seen[cy.seenIn(y)].First
}

// Proxied says that a SYN proxy stands between two of the captures that hold the connection, by their places in Seen.
func (c *Conn) Proxied(i, k int) bool {
	t := c.twin(i, k)
	return t != nil && t.Proxied
}

// MatchedBy says by what a connection was found to be the same in its first capture and in another, by the place in Seen.
func (c *Conn) MatchedBy(i int) Message {
	t := c.twin(0, i)
	if t == nil {
		return Message{}
	}
	m := inWords(strings.Split(t.By, "; "))
	if t.Score > 0 {
		return Msg("%s (score %d, next best %d)", m, t.Score, t.Next)
	}
	return m
}

func (c *Conn) twin(i, k int) *Twins {
	for n := range c.Twins {
		if t := &c.Twins[n]; t.A == min(i, k) && t.B == max(i, k) {
			return t
		}
	}
	return nil
}

func (c *Conn) seenIn(capture int) int {
	return max(0, slices.IndexFunc(c.Seen, func(s Sighting) bool { return s.Capture == capture }))
}

// limitRelayed says of connections that a proxy relays who their ends are.
func (a *analysis) limitRelayed() {
	for _, r := range a.Relays {
		if r.Client.Class != Clean {
			r.Client.Open = append(r.Client.Open, Msg("a proxy relays this connection: what is said of its server holds for the proxy, which speaks to the server on a connection of its own"))
		}
		if r.Server.Class != Clean {
			r.Server.Open = append(r.Server.Open, Msg("a proxy opened this connection for a client: what is said of its client holds for the proxy"))
		}
	}
}
