// Package server has one method per thing that players and operators can do. Each loads what it needs from the Store,
// lets package game decide, outside any transaction, and commits the outcome whole; a conflict means to load and
// decide again, a bounded number of times. Calls on one match take turns here, different matches run in parallel.
//
//	service.go   what a Service is made of      submit.go   a turn; resigning       view.go  a match as its viewer may know it
//	store.go     what it needs of a store       gather.go   creating, joining …     list.go  lists and replays
//	change.go    load, decide, commit           account.go  signing in, players     admin.go what operators do
package server
