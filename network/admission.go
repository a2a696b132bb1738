package main

import (
	errorsmod "cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	evmante "github.com/cosmos/evm/ante/evm"
	evmtypes "github.com/cosmos/evm/x/vm/types"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
)

// anteHandler is what a transaction passes before it runs: it is one of the EVM's, its sender is on the genesis's
// lists, and signature, nonce, gas and balance are right.
//
// The same in the mempool and in a block, so that a validator that lets strangers into its blocks gains nothing.
func (c *chain) anteHandler(maxGasWanted uint64) sdk.AnteHandler {
	return func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		evmParams, feeParams := c.evm.GetParams(ctx), c.fees.GetParams(ctx)
		transaction, err := ethereumTransaction(tx)
		if err != nil {
			return ctx, err
		}
		if err := admit(&evmParams.AccessControl, transaction); err != nil {
			return ctx, err
		}
		ctx, err = sdk.ChainAnteDecorators(
			evmante.NewEVMMonoDecorator(c.accounts, c.fees, c.evm, maxGasWanted, &evmParams, &feeParams),
		)(ctx, tx, simulate)
		if err == nil && ctx.IsCheckTx() && !ctx.IsReCheckTx() && !simulate {
			for _, listener := range c.pendingListeners {
				listener(transaction.Hash())
			}
		}
		return ctx, err
	}
}

// ethereumTransaction is the one transaction that tx carries. Messages of other modules are refused: nobody here has
// an account that could sign one.
func ethereumTransaction(tx sdk.Tx) (*ethtypes.Transaction, error) {
	messages := tx.GetMsgs()
	if len(messages) != 1 {
		return nil, errorsmod.Wrapf(sdkerrors.ErrInvalidRequest, "expected one message, found %d", len(messages))
	}
	_, transaction, err := evmtypes.UnpackEthMsg(messages[0])
	return transaction, err
}

// admit refuses a transaction whose signer the lists do not allow to create or to call. The EVM applies the same lists
// to each call, but only once the transaction is in a block, and charged to nobody.
func admit(lists *evmtypes.AccessControl, transaction *ethtypes.Transaction) error {
	sender, err := ethtypes.Sender(ethtypes.LatestSigner(evmtypes.GetEthChainConfig()), transaction)
	if err != nil {
		return errorsmod.Wrapf(sdkerrors.ErrorInvalidSigner, "the sender cannot be told: %s", err)
	}
	policy := evmtypes.NewRestrictedPermissionPolicy(lists, sender)
	if to := transaction.To(); to == nil {
		if !policy.CanCreate(sender, sender) {
			return errorsmod.Wrapf(sdkerrors.ErrUnauthorized, "%s is not on the network's list of who may create contracts", sender)
		}
	} else if !policy.CanCall(sender, sender, *to) {
		return errorsmod.Wrapf(sdkerrors.ErrUnauthorized, "%s is not on the network's list of who may send transactions", sender)
	}
	return nil
}
