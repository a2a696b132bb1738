package main

import (
	"context"
	"errors"

	"cosmossdk.io/core/address"
	addresscodec "github.com/cosmos/cosmos-sdk/codec/address"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

var _ evmtypes.StakingKeeper = proposers{}

// proposers tells the EVM who proposed a block, for its COINBASE: the validator itself, by the address of its consensus
// key. Nothing is staked here; the validators are those of the genesis.
type proposers struct{}

var errNoStaking = errors.New("nothing is staked on this network")

// GetValidatorByConsAddr is a validator whose operator is the holder of its consensus key.
func (proposers) GetValidatorByConsAddr(_ context.Context, key sdk.ConsAddress) (stakingtypes.Validator, error) {
	return stakingtypes.Validator{OperatorAddress: sdk.ValAddress(key).String()}, nil
}

// ValidatorAddressCodec reads the operator's address as GetValidatorByConsAddr writes it.
func (proposers) ValidatorAddressCodec() address.Codec {
	return addresscodec.NewBech32Codec(sdk.GetConfig().GetBech32ValidatorAddrPrefix())
}

// GetHistoricalInfo fails: no module keeps it here.
func (proposers) GetHistoricalInfo(context.Context, int64) (stakingtypes.HistoricalInfo, error) {
	return stakingtypes.HistoricalInfo{}, errNoStaking
}

// BondDenom fails: there is no such coin.
func (proposers) BondDenom(context.Context) (string, error) { return "", errNoStaking }
