// A peer on go-libp2p that speaks as much of Synod as an interop test needs. It reads commands from standard input, one a line, and
// tells on standard output what happens. See test/interop/foreign-peer.ts.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/multiformats/go-multiaddr"
)

const (
	helloProtocol   = protocol.ID("/synod/hello/1")
	requestProtocol = protocol.ID("/synod/req/status/1")
)

const (
	frameHello   = 1
	frameAccept  = 2
	frameRefuse  = 3
	framePing    = 5
	framePong    = 6
	frameGoodbye = 8
)

var printing sync.Mutex

func tell(words ...any) {
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(words...)
}

func fail(err error) {
	if err != nil {
		tell("failed", err)
		os.Exit(1)
	}
}

// --- frames: a kind, three bytes of length, the payload

func writeFrame(to io.Writer, kind byte, payload []byte) error {
	n := len(payload)
	_, err := to.Write(append([]byte{kind, byte(n >> 16), byte(n >> 8), byte(n)}, payload...))
	return err
}

func readFrame(from io.Reader) (byte, []byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return 0, nil, err
	}
	payload := make([]byte, int(header[1])<<16|int(header[2])<<8|int(header[3]))
	_, err := io.ReadFull(from, payload)
	return header[0], payload, err
}

// --- the hello, in MessagePack

func bin(b []byte) []byte { return append([]byte{0xc4, byte(len(b))}, b...) }

func hello(chainID, genesisRoot []byte) []byte {
	nonce := make([]byte, 32)
	rand.Read(nonce)
	agent := "synod-interop-go"
	out := []byte{0x9d} // an array of 13
	out = append(out, bin(chainID)...)
	out = append(out, bin(genesisRoot)...)
	out = append(out, 1, 1)    // protocol versions
	out = append(out, 0x90)    // no capabilities
	out = append(out, 0)       // height
	out = append(out, 0x90)    // no listen addresses
	out = append(out, 0xa0|byte(len(agent)))
	out = append(out, agent...)
	out = append(out, bin(nonce)...)
	out = append(out, 0)    // no work asked
	out = append(out, 0xc2) // grants no stake
	out = append(out, 0xc0) // no stake key
	out = append(out, 0x90) // no extensions
	return out
}

type node struct {
	host        host.Host
	chainID     []byte
	genesisRoot []byte
	greeted     sync.Map // peer.ID -> chan struct{}
}

func (n *node) acceptedBy(id peer.ID) chan struct{} {
	channel, _ := n.greeted.LoadOrStore(id, make(chan struct{}))
	return channel.(chan struct{})
}

// The control stream, from either side: says hello, accepts the other's, and answers pings for as long as it lives.
func (n *node) control(stream network.Stream) {
	id := stream.Conn().RemotePeer()
	var writing sync.Mutex
	say := func(kind byte, payload []byte) {
		writing.Lock()
		defer writing.Unlock()
		writeFrame(stream, kind, payload)
	}
	say(frameHello, hello(n.chainID, n.genesisRoot))
	accepts := 0
	for {
		kind, payload, err := readFrame(stream)
		if err != nil {
			tell("gone", id)
			n.greeted.Delete(id)
			return
		}
		switch kind {
		case frameHello:
			var order [8]byte
			binary.BigEndian.PutUint64(order[:], uint64(time.Now().UnixMilli()))
			say(frameAccept, order[:])
			accepts++
		case frameAccept:
			accepts++
		case frameRefuse, frameGoodbye:
			tell("refused", string(payload))
		case framePing:
			say(framePong, payload)
		}
		if accepts == 2 {
			accepts = 3
			close(n.acceptedBy(id))
			tell("greeted", id, stream.Conn().ConnState().Transport, stream.Conn().ConnState().Security)
		}
	}
}

// Answers every request with its own bytes, backwards.
func (n *node) serve(stream network.Stream) {
	for {
		kind, payload, err := readFrame(stream)
		if err != nil {
			return
		}
		if kind != 1 || len(payload) < 4 {
			continue
		}
		answer := append([]byte{}, payload[:4]...)
		for i := len(payload) - 1; i >= 4; i-- {
			answer = append(answer, payload[i])
		}
		writeFrame(stream, 1, answer)
		writeFrame(stream, 2, payload[:4])
	}
}

func (n *node) request(ctx context.Context, id peer.ID, message []byte) {
	stream, err := n.host.NewStream(ctx, id, requestProtocol)
	fail(err)
	fail(writeFrame(stream, 1, append([]byte{0, 0, 0, 1}, message...)))
	var whole []byte
	for {
		kind, payload, err := readFrame(stream)
		fail(err)
		if kind != 1 {
			break
		}
		whole = append(whole, payload[4:]...)
	}
	// The stream stays open: one that ends takes its connection with it.
	tell("answered", hex.EncodeToString(whole))
}

func main() {
	security := os.Args[1]
	listen := os.Args[2]
	chainID, err := hex.DecodeString(os.Args[3])
	fail(err)
	genesisRoot, err := hex.DecodeString(os.Args[4])
	fail(err)
	options := []libp2p.Option{libp2p.ListenAddrStrings(listen), libp2p.UserAgent("synod-interop-go")}
	if security == "tls" {
		options = append(options, libp2p.Security(libp2ptls.ID, libp2ptls.New))
	} else {
		options = append(options, libp2p.Security(noise.ID, noise.New))
	}
	h, err := libp2p.New(options...)
	fail(err)
	ctx := context.Background()
	n := &node{host: h, chainID: chainID, genesisRoot: genesisRoot}
	h.SetStreamHandler(helloProtocol, n.control)
	h.SetStreamHandler(requestProtocol, n.serve)

	gossip, err := pubsub.NewGossipSub(ctx, h,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(message *pb.Message) string {
			digest := sha256.Sum256(append([]byte(message.GetTopic()), message.GetData()...))
			return string(digest[:20])
		}))
	fail(err)
	topic, err := gossip.Join("/synod/" + hex.EncodeToString(chainID)[:16] + "/blocks")
	fail(err)
	subscription, err := topic.Subscribe()
	fail(err)
	go func() {
		for {
			message, err := subscription.Next(ctx)
			fail(err)
			if message.ReceivedFrom != h.ID() {
				tell("heard", hex.EncodeToString(message.Data))
			}
		}
	}()
	for _, address := range h.Addrs() {
		tell("listening", address.String()+"/p2p/"+h.ID().String())
	}
	tell("ready", h.ID())

	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		words := strings.Fields(commands.Text())
		switch words[0] {
		case "dial":
			address, err := multiaddr.NewMultiaddr(words[1])
			fail(err)
			info, err := peer.AddrInfoFromP2pAddr(address)
			fail(err)
			if err := h.Connect(ctx, *info); err != nil {
				tell("failed", err)
				continue
			}
			stream, err := h.NewStream(ctx, info.ID, helloProtocol)
			fail(err)
			go n.control(stream)
		case "identify":
			id, err := peer.Decode(words[1])
			fail(err)
			<-n.acceptedBy(id)
			<-h.(interface{ IDService() identify.IDService }).IDService().IdentifyWait(h.Network().ConnsToPeer(id)[0])
			agent, _ := h.Peerstore().Get(id, "AgentVersion")
			protocols, _ := h.Peerstore().GetProtocols(id)
			tell("identified", agent, len(protocols))
		case "ping":
			id, err := peer.Decode(words[1])
			fail(err)
			result := <-ping.Ping(ctx, h, id)
			fail(result.Error)
			tell("ponged", result.RTT.Milliseconds())
		case "request":
			id, err := peer.Decode(words[1])
			fail(err)
			message, err := hex.DecodeString(words[2])
			fail(err)
			go n.request(ctx, id, message)
		case "publish":
			message, err := hex.DecodeString(words[1])
			fail(err)
			fail(topic.Publish(ctx, message))
		}
	}
}
