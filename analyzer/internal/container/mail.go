package container

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

const (
	// maxMailHeader bounds the header of a mail, which the standard library keeps as a whole: what the largest mail systems pass on.
	maxMailHeader = 1 << 20
	// maxMultiparts bounds multiparts in each other: an answer to a forwarded mail with a picture has four.
	maxMultiparts = 20
)

// mailFields begin mails, and no other text: RFC 5322, section 3.6, and what servers put before it.
var mailFields = regexp.MustCompile(`(?i)^(return-path|received|delivered-to|from|to|subject|date|message-id|mime-version|reply-to|sender|cc|` +
	`dkim-signature|arc-[a-z-]+|authentication-results|x-[a-z0-9-]+|content-type|thread-topic|thread-index|references|in-reply-to):`)

// isMail tells a mail by the first lines of its header. Two fields could be of any text.
func isMail(head []byte) bool {
	const enough = 3
	fields := 0
	lines := bytes.Split(head, []byte("\n"))
	for i, line := range lines {
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case i > 0 && len(line) > 0 && (line[0] == ' ' || line[0] == '\t'): // goes on with the field before
		case mailFields.Match(line):
			fields++
		case fields >= enough || i == len(lines)-1 && len(head) >= sniffLen: // the header goes on beyond what is looked at
			return fields >= enough
		default:
			return false
		}
	}
	return fields >= enough
}

// mail walks the parts of a mail: what is attached to it, and its text, which may be a path report.
func (w *walker) mail(m *Member, r io.Reader, in input) error {
	m.Format = "mail"
	if in.depth >= w.limits.MaxDepth {
		return w.opaque(m, r, in, w.tooDeep(m))
	}
	m.Kind = Archive
	before := w.total
	s := newStream(r, sha256.New(), &w.blocks)
	err := w.mailParts(m, s)
	return w.archiveDone(m, s, before, err)
}

func (w *walker) mailParts(m *Member, s *Stream) error {
	used := &meter{walker: w}
	header := &io.LimitedReader{R: used.reader(s), N: maxMailHeader}
	message, err := mail.ReadMessage(header)
	if header.N == 0 {
		return fmt.Errorf("read mail: its header is longer than %s", byteCount(maxMailHeader))
	}
	if err != nil {
		return fmt.Errorf("read mail: %w", noEOF(err))
	}
	header.N = math.MaxInt64
	p := &mailWalk{walker: w, mail: m, used: used, waiting: w.waitingRoom(m)}
	defer p.waiting.leave()
	if err := p.part(textproto.MIMEHeader(message.Header), message.Body, 0); err != nil {
		if strings.HasSuffix(err.Error(), "EOF") { // the library's own words
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read mail: %w", err)
	}
	return nil
}

type mailWalk struct {
	*walker
	mail  *Member
	used  *meter
	parts int

	waiting *room
}

// part walks a part, or those in it.
func (p *mailWalk) part(header textproto.MIMEHeader, body io.Reader, level int) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil && kind == "" {
		kind = "text/plain" // RFC 2045, section 5.2
	}
	if !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		p.leaf(header, kind, params, body)
		return nil
	}
	if level == maxMultiparts {
		return errors.New("its parts are too deep in each other")
	}
	parts := multipart.NewReader(body, params["boundary"])
	for !p.full() && p.ctx.Err() == nil {
		if p.total >= p.limits.MaxBytes {
			return &LimitError{"max-bytes", p.limits.MaxBytes, p.mail.Name}
		}
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.part(part.Header, part, level+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *mailWalk) leaf(header textproto.MIMEHeader, kind string, params map[string]string, body io.Reader) {
	p.parts++
	m := &Member{Name: p.mail.Name + "!/" + displayName(p.name(header, kind, params), false), Depth: p.mail.Depth + 1}
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	start := p.used.n
	p.waiting.member(m, input{layer: &layer{r: &decoder{body, "mail", p.used}, packed: func() int64 { return p.used.n - start + compressedBuffer }}, depth: m.Depth})
}

var rawName = regexp.MustCompile(`(?i)name="?([^";\r\n]+)`)

// name is that of an attached file, or says what the part is.
func (p *mailWalk) name(header textproto.MIMEHeader, kind string, params map[string]string) string {
	disposition := header.Get("Content-Disposition")
	_, more, _ := mime.ParseMediaType(disposition) // what cannot be parsed is looked at below
	name := more["filename"]
	if name == "" {
		name = params["name"]
	}
	for _, field := range []string{disposition, header.Get("Content-Type")} {
		if found := rawName.FindStringSubmatch(field); name == "" && found != nil {
			name = found[1] // in bytes that the standard does not allow
		}
	}
	words := mime.WordDecoder{CharsetReader: charsetReader}
	if decoded, err := words.DecodeHeader(name); err == nil {
		name = decoded
	}
	switch {
	case name != "":
		return name
	case kind == "text/plain":
		return fmt.Sprintf("text %d", p.parts)
	case kind == "text/html":
		return fmt.Sprintf("page %d", p.parts)
	case kind == "message/rfc822":
		return fmt.Sprintf("mail %d", p.parts)
	}
	return fmt.Sprintf("part %d", p.parts)
}

// charsetReader reads names in the character sets that browsers know, those of China among them.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(r), nil
}
