// SPDX-License-Identifier: Apache-2.0

// The peer that Countersign is measured against: grpc-go, which decodes and encodes the whole MessageContext
// and decides nothing.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"

	"countersign.test/apigee"
	"google.golang.org/grpc"
)

type echo struct{}

func (echo) ProcessMessage(_ context.Context, message *apigee.MessageContext) (*apigee.MessageContext, error) {
	return message, nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: grpc-go-echo ADDRESS")
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	apigee.RegisterExternalCalloutServiceServer(server, echo{})
	fmt.Println("listening on", listener.Addr())
	log.Fatal(server.Serve(listener))
}
