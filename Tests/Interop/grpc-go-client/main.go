// SPDX-License-Identifier: Apache-2.0

// A gateway written with grpc-go: makes calls in the ways that Go programmes do, over one connection, and prints what
// it saw as JSON, one line for each way.
package main

import (
	"context"
	"encoding/json"
	"log"
	"math/rand"
	"os"
	"sync"
	"time"

	"countersign.test/apigee"
	"github.com/golang/protobuf/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

// What a kind of call ended in: reasons of answers, and gRPC codes of calls without one.
type tally struct {
	sync.Mutex
	Name    string         `json:"name"`
	Reasons map[string]int `json:"reasons"`
	Codes   map[string]int `json:"codes"`
}

func newTally(name string) *tally {
	return &tally{Name: name, Reasons: map[string]int{}, Codes: map[string]int{}}
}

func (t *tally) add(answer *apigee.MessageContext, err error) {
	t.Lock()
	defer t.Unlock()
	if err != nil {
		t.Codes[status.Code(err).String()]++
		return
	}
	t.Reasons[answer.GetAdditionalFlowVariables()["countersign.reason"].GetString_()]++
}

func (t *tally) print() {
	if err := json.NewEncoder(os.Stdout).Encode(t); err != nil {
		log.Fatal(err)
	}
}

type gateway struct {
	stub    apigee.ExternalCalloutServiceClient
	message *apigee.MessageContext
}

func (g gateway) call(t *tally, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	t.add(g.stub.ProcessMessage(ctx, g.message))
}

func (g gateway) sequential(calls int) {
	t := newTally("sequential")
	for i := 0; i < calls; i++ {
		g.call(t, 4*time.Minute)
	}
	t.print()
}

func (g gateway) parallel(callers, calls int) {
	t := newTally("parallel")
	var group sync.WaitGroup
	for i := 0; i < callers; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < calls; j++ {
				g.call(t, 4*time.Minute)
			}
		}()
	}
	group.Wait()
	t.print()
}

// Calls given up on after a moment, several at a time, with patient calls between them.
func (g gateway) impatient(callers, calls int) {
	given, patient := newTally("given up"), newTally("patient")
	var group sync.WaitGroup
	for i := 0; i < callers; i++ {
		group.Add(1)
		go func(seed int64) {
			defer group.Done()
			random := rand.New(rand.NewSource(seed))
			for j := 0; j < calls; j++ {
				ctx, cancel := context.WithCancel(context.Background())
				timer := time.AfterFunc(time.Duration(random.Intn(600))*time.Microsecond, cancel)
				given.add(g.stub.ProcessMessage(ctx, g.message))
				timer.Stop()
				cancel()
				if j%10 == 0 {
					g.call(patient, 4*time.Minute)
				}
			}
		}(int64(i))
	}
	group.Wait()
	given.print()
	patient.print()
}

func (g gateway) large(calls, size int) {
	t := newTally("large")
	message := proto.Clone(g.message).(*apigee.MessageContext)
	message.Request.Content = string(make([]byte, size))
	for i := 0; i < calls; i++ {
		gateway{g.stub, message}.call(t, 4*time.Minute)
	}
	t.print()
}

// Nothing to do for longer than the keepalive interval: pings without any call.
func (g gateway) idle(pause time.Duration) {
	time.Sleep(pause)
	t := newTally("after idling")
	for i := 0; i < 100; i++ {
		g.call(t, 4*time.Minute)
	}
	t.print()
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: grpc-go-client ADDRESS MESSAGE-FILE")
	}
	data, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	message := &apigee.MessageContext{}
	if err := proto.Unmarshal(data, message); err != nil {
		log.Fatal(err)
	}
	pings := keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 4 * time.Minute, PermitWithoutStream: true}
	connection, err := grpc.Dial(os.Args[1], grpc.WithInsecure(), grpc.WithKeepaliveParams(pings),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	g := gateway{apigee.NewExternalCalloutServiceClient(connection), message}
	g.sequential(3000)
	g.parallel(64, 50)
	g.impatient(16, 400)
	g.large(40, 1<<20)
	g.idle(21 * time.Second)
}
