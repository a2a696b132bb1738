package main

import (
	"context"

	"cosmossdk.io/log/v2"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/cosmos-sdk/baseapp"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
	evmmempool "github.com/cosmos/evm/mempool"
	evmserver "github.com/cosmos/evm/server"
)

// admittingMempool is the EVM's mempool with a door: what admission refuses never gets in, and its sender is told why.
// The mempool alone would take it, answer with a hash, and drop it in silence.
type admittingMempool struct {
	*evmmempool.Mempool

	admission func(sdk.Tx) error
}

// Insert takes what the JSON-RPC server was sent; it returns once the transaction is in, or why it is not.
func (m *admittingMempool) Insert(ctx context.Context, tx sdk.Tx) error {
	if err := m.admission(tx); err != nil {
		return err
	}
	return m.Mempool.Insert(ctx, tx)
}

// openMempool sets the mempool, and how transactions of peers get in and out of it. The ante handler must be set.
func (c *chain) openMempool(logger log.Logger, options servertypes.AppOptions) {
	settings := evmserver.ResolveMempoolConfig(c.AnteHandler(), options, logger)
	encoder := evmmempool.NewTxEncoder(c.encoding.TxConfig)
	// Two recheckers, though alike: each keeps the state that its pool has been checked against.
	inner := evmmempool.NewMempool(c.CreateQueryContext, logger, c.evm, c.fees, c.encoding.TxConfig,
		evmmempool.NewTxRechecker(settings.AnteHandler, encoder), evmmempool.NewTxRechecker(settings.AnteHandler, encoder),
		settings, evmserver.GetCosmosPoolMaxTx(options, logger))
	c.mempool = &admittingMempool{Mempool: inner, admission: c.admitNow}
	c.SetMempool(c.mempool)
	c.SetInsertTxHandler(c.refuseStrangers(inner.NewInsertTxHandler(c.TxDecode)))
	c.SetReapTxsHandler(inner.NewReapTxsHandler())
	c.SetCheckTxHandler(c.refuseAsked(inner.NewCheckTxHandler(c.TxDecode, evmserver.GetMempoolCheckTxTimeout(options, logger))))
	proposals := baseapp.NewDefaultProposalHandler(c.mempool, checkedByMempool{c.BaseApp})
	proposals.SetSignerExtractionAdapter(evmmempool.NewEthSignerExtractionAdapter(sdkmempool.NewDefaultSignerExtractionAdapter()))
	c.SetPrepareProposal(proposals.PrepareProposalHandler())
}

// admitNow applies the lists that the newest block holds.
func (c *chain) admitNow(tx sdk.Tx) error {
	transaction, err := ethereumTransaction(tx)
	if err != nil {
		return err
	}
	ctx, err := c.CreateQueryContext(0, false)
	if err != nil {
		return err
	}
	params := c.evm.GetParams(ctx)
	return admit(&params.AccessControl, transaction)
}

// refuseStrangers keeps out what a peer passes on but should not have taken itself.
func (c *chain) refuseStrangers(insert sdk.InsertTxHandler) sdk.InsertTxHandler {
	return func(request *abci.RequestInsertTx) (*abci.ResponseInsertTx, error) {
		tx, err := c.TxDecode(request.GetTx())
		if err != nil {
			return nil, err
		}
		if err := c.admitNow(tx); err != nil {
			return &abci.ResponseInsertTx{Code: evmmempool.CodeTypeNoRetry}, nil //nolint:nilerr // the code says it
		}
		return insert(request)
	}
}

// refuseAsked keeps out what CometBFT's own RPC is sent.
func (c *chain) refuseAsked(check sdk.CheckTxHandler) sdk.CheckTxHandler {
	return func(run sdk.RunTx, request *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
		tx, err := c.TxDecode(request.GetTx())
		if err != nil {
			return nil, err
		}
		if err := c.admitNow(tx); err != nil {
			return evmmempool.ErrAsCheckTxResponse(err), nil
		}
		return check(run, request)
	}
}

// checkedByMempool proposes what the mempool gives without checking it again: it gives only what passed the ante
// handler on the newest block.
type checkedByMempool struct{ *baseapp.BaseApp }

// PrepareProposalVerifyTx encodes a transaction for a proposal.
func (c checkedByMempool) PrepareProposalVerifyTx(tx sdk.Tx) ([]byte, error) { return c.TxEncode(tx) }
