/* SPDX-License-Identifier: ISC */
/* Made by scripts/vectors-to-c.py from vectors.json beside it: change those, not this. */
#ifndef UNIT_VECTORS_H
#define UNIT_VECTORS_H

/*
 * Known answers.  Byte strings are lower-case hex in wire order (read them with
 * hex.h); a field that a vector does not have is NULL or 0.  A nested list "x"
 * has its number of items beside it as n_x.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */

static const struct blake2s_vector {
	const char *key;
	const char *data;
	uint32_t outlen;
	const char *digest;
} blake2s_vectors[] = {
	{
		.key = "",
		.data = "",
		.outlen = 32,
		.digest = "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9",
	},
	{
		.key = "",
		.data = "616263",
		.outlen = 32,
		.digest = "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
	},
	{
		.key = "",
		.data =
			"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
		.outlen = 32,
		.digest = "56f34e8b96557e90c1f24b52d0c89d51086acf1b00f634cf1dde9233b8eaaa3e",
	},
	{
		.key = "",
		.data =
			"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
			"40",
		.outlen = 32,
		.digest = "1b53ee94aaf34e4b159d48de352c7f0661d0a40edff95a0b1639b4090e974472",
	},
	{
		.key = "",
		.data =
			"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
			"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
			"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
			"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
			"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
			"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
			"5a5a5a5a5a5a5a5a",
		.outlen = 32,
		.digest = "6bff2a85102c148d1b55009a3b69f13fbe46e4201f75586666fd014ba19006d0",
	},
	{
		.key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.data = "",
		.outlen = 32,
		.digest = "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49",
	},
	{
		.key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.data =
			"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
			"404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
			"606162636465666768696a6b6c6d6e6f70717273",
		.outlen = 16,
		.digest = "072e94ffbfc684bd8ab2a1b9dade2fd5",
	},
	{
		.key = "000102030405060708090a0b0c0d0e0f",
		.data =
			"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
			"404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
			"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
			"80818283",
		.outlen = 16,
		.digest = "b03d1196bdcfaad40f911db86b79ac7e",
	},
	{
		.key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		.data =
			"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
			"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
			"404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
			"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
			"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
			"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
			"c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
			"e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfe",
		.outlen = 24,
		.digest = "1f4b37510fc0c0d4630ad91e8f76ad7612b98f5162a8dea2",
	},
};

static const struct kdf_vector {
	const char *key;
	const char *input;
	const char *t1;
	const char *t2;
	const char *t3;
} kdf_vectors[] = {
	{
		.key = "746573742d6b6579",
		.input = "746573742d696e707574",
		.t1 = "6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633",
		.t2 = "df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a",
		.t3 = "fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24",
	},
	{
		.key = "776972656775617264",
		.input = "776972656775617264",
		.t1 = "491d43bbfdaa8750aaf535e334ecbfe5129967cd64635101c566d4caefda96e8",
		.t2 = "1e71a379baefd8a79aa4662212fcafe19a23e2b609a3db7d6bcba8f560e3d25f",
		.t3 = "31e1ae48bddfbe5de38f295e5452b1909a1b4e38e183926af3780b0c1e1f0160",
	},
	{
		.key = "",
		.input = "",
		.t1 = "8387b46bf43eccfcf349552a095d8315c4055beb90208fb1be23b894bc2ed5d0",
		.t2 = "58a0e5f6faefccf4807bff1f05fa8a9217945762040bcec2f4b4a62bdfe0e86e",
		.t3 = "0ce6ea98ec548f8e281e93e32db65621c45eb18dc6f0a7ad94178610a2f7338e",
	},
	{
		.key = "60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36",
		.input = "0000000000000000000000000000000000000000000000000000000000000000",
		.t1 = "54476a71af6fe13ff5ced043016fbbccb619b537febb40256a9f3bb96a2fd7a4",
		.t2 = "fafbf87d23054f79f7ddcb6208d76e704f18d2784393ea8e08f5ca144c957efa",
		.t3 = "116fb8bcedf28c51d39dc132383558ce5e2a8269280a644981262daf65049d46",
	},
};

static const struct noise_constants {
	const char *construction;
	uint32_t construction_len;
	const char *identifier;
	uint32_t identifier_len;
	const char *initial_chaining_key;
	const char *initial_hash;
} noise_constants = {
	.construction = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s",
	.construction_len = 37,
	.identifier = "WireGuard v1 zx2c4 Jason@zx2c4.com",
	.identifier_len = 34,
	.initial_chaining_key = "60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36",
	.initial_hash = "2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3",
};

static const struct key_vectors {
	struct {
		const char *private;
		const char *public;
		const char *private_base64;
		const char *public_base64;
		const char *mac1_key;
		const char *cookie_key;
	} initiator_static;
	struct {
		const char *private;
		const char *public;
		const char *private_base64;
		const char *public_base64;
		const char *mac1_key;
		const char *cookie_key;
	} responder_static;
	struct {
		const char *private;
		const char *public;
		const char *private_base64;
		const char *public_base64;
	} initiator_ephemeral;
	struct {
		const char *private;
		const char *public;
		const char *private_base64;
		const char *public_base64;
	} responder_ephemeral;
	struct {
		const char *hex;
		const char *base64;
	} psk;
} key_vectors = {
	.initiator_static = {
		.private = "084c72050194d676f8d8ad9dd916c6c4f963dfca54c5c510da5167f0f082bc49",
		.public = "830f1ad19bc4abe21596ba9922ce326263057996affa8fa9ebaa68674a360907",
		.private_base64 = "CExyBQGU1nb42K2d2RbGxPlj38pUxcUQ2lFn8PCCvEk=",
		.public_base64 = "gw8a0ZvEq+IVlrqZIs4yYmMFeZav+o+p66poZ0o2CQc=",
		.mac1_key = "f8c6173f064be756330dba58960d69f1b52a8362200d9f16eb3dbaf68a8e75d6",
		.cookie_key = "0b8bbc6790bf01ab1a57f0b4039e061d7522df857b014cee23d0b3222f025d4d",
	},
	.responder_static = {
		.private = "b8fe7833137a20745f2aba218211fc1d9fddab00a965c730e7d732c1abbd5261",
		.public = "1d5a4d0e279f6aad89ed13019fb841327e7d86d393e37ab4df138c4e9947121a",
		.private_base64 = "uP54MxN6IHRfKrohghH8HZ/dqwCpZccw59cywau9UmE=",
		.public_base64 = "HVpNDiefaq2J7RMBn7hBMn59htOT43q03xOMTplHEho=",
		.mac1_key = "e10e5cab04cfbf7879187ce03fc7aaa5f674a92e112722b0d945cb80999986ab",
		.cookie_key = "1d3be5cf5aee837db419bca929779e87254edd703ea93c9b29c619d779135ab3",
	},
	.initiator_ephemeral = {
		.private = "c0617ec2d4df48189dd78b9d2c4dd9114b90de5868f84696f7d0867a603d4779",
		.public = "553252cc6e57d07aa5746ca60eccd771316a18bb1d5a8d481be086c655a8f57a",
		.private_base64 = "wGF+wtTfSBid14udLE3ZEUuQ3lho+EaW99CGemA9R3k=",
		.public_base64 = "VTJSzG5X0HqldGymDszXcTFqGLsdWo1IG+CGxlWo9Xo=",
	},
	.responder_ephemeral = {
		.private = "28732691e46a8d63d4e3fe303c220b21a4ec30f1dab6e984214a3d23183dba76",
		.public = "a75f80c4dabd1bc3f854e7bd1c73d3151783960e06256dd89c3b5d307a0f437e",
		.private_base64 = "KHMmkeRqjWPU4/4wPCILIaTsMPHatumEIUo9Ixg9unY=",
		.public_base64 = "p1+AxNq9G8P4VOe9HHPTFReDlg4GJW3YnDtdMHoPQ34=",
	},
	.psk = {
		.hex = "934cd7d07f83a049ab8ae25aecd4ddffc373bfe137cb09714417e6f2a1efdd1b",
		.base64 = "k0zX0H+DoEmriuJa7NTd/8Nzv+E3ywlxRBfm8qHv3Rs=",
	},
};

static const struct tai64n_vector {
	uint64_t unix_sec;
	uint32_t nsec;
	const char *stamp;
	const char *unwhitened;
} tai64n_vectors[] = {
	{
		.unix_sec = UINT64_C(0),
		.nsec = 0,
		.stamp = "400000000000000a00000000",
		.unwhitened = "400000000000000a00000000",
	},
	{
		.unix_sec = UINT64_C(1700000000),
		.nsec = 123456789,
		.stamp = "400000006553f10a07000000",
		.unwhitened = "400000006553f10a075bcd15",
	},
	{
		.unix_sec = UINT64_C(1700000000),
		.nsec = 16777215,
		.stamp = "400000006553f10a00000000",
		.unwhitened = "400000006553f10a00ffffff",
	},
	{
		.unix_sec = UINT64_C(1700000000),
		.nsec = 16777216,
		.stamp = "400000006553f10a01000000",
		.unwhitened = "400000006553f10a01000000",
	},
	{
		.unix_sec = UINT64_C(1700000000),
		.nsec = 999999999,
		.stamp = "400000006553f10a3b000000",
		.unwhitened = "400000006553f10a3b9ac9ff",
	},
	{
		.unix_sec = UINT64_C(2147483648),
		.nsec = 1,
		.stamp = "400000008000000a00000000",
		.unwhitened = "400000008000000a00000001",
	},
};

static const struct handshake_vector {
	const char *name;
	uint32_t initiator_index;
	uint32_t responder_index;
	struct {
		const char *h_after_mix_responder_static;
		const char *ephemeral_public;
		const char *h_after_e;
		const char *ck_after_e;
		const char *dh_es;
		const char *ck_after_es;
		const char *key_es;
		const char *encrypted_static;
		const char *h_after_s;
		const char *dh_ss;
		const char *ck_after_ss;
		const char *key_ss;
		const char *timestamp;
		const char *encrypted_timestamp;
		const char *h_after_timestamp;
		const char *mac1;
		const char *mac2;
		const char *message;
	} initiation;
	struct {
		const char *ephemeral_public;
		const char *h_after_e;
		const char *ck_after_e;
		const char *dh_ee;
		const char *ck_after_ee;
		const char *dh_se;
		const char *ck_after_se;
		const char *psk;
		const char *ck_after_psk;
		const char *tau;
		const char *key_psk;
		const char *h_after_psk;
		const char *encrypted_nothing;
		const char *h_final;
		const char *mac1;
		const char *mac2;
		const char *message;
		const char *transport_key_initiator_to_responder;
		const char *transport_key_responder_to_initiator;
	} response;
	size_t n_transport;
	struct {
		const char *what;
		uint64_t counter;
		const char *plaintext;
		const char *message;
		uint32_t padded_len;
		const char *nonce;
	} transport[5];
} handshake_vectors[] = {
	{
		.name = "no_psk",
		.initiator_index = 287454020,
		.responder_index = 2864434397,
		.initiation = {
			.h_after_mix_responder_static =
				"2c42b8d5e4227c6568624894fa75b0157598938b93c816acc79c4d1b6ca6378e",
			.ephemeral_public =
				"553252cc6e57d07aa5746ca60eccd771316a18bb1d5a8d481be086c655a8f57a",
			.h_after_e =
				"616876b1a14f9be18ab8f3f478d601757f6fb33e1e40021ff75ba9c0f4db61b9",
			.ck_after_e =
				"9aab4285646798517643d3ea8e03521ea1fe0f2638a315a0448c5c20c2042f26",
			.dh_es = "735ae16b0b20113f9f4b7ed08f4bafb33eb81858d9c17ff46edc79c44ea21a14",
			.ck_after_es =
				"9e31357bf26a636e920edfbcb79e107d72bf88279ea5e96b1844a20c972c952d",
			.key_es =
				"9dcbd247cfed4ab156837ec3c254eac14561ccdf0c0221bdf1ef52cb3d401540",
			.encrypted_static =
				"a34fb60419afa40ec093efb587d0f16d831531e0e1bd4e7c677f4880e1ac39cc"
				"dbd502b1776911bbc539b253a441d7e8",
			.h_after_s =
				"6be0711d44b1464d2c9d481e908cd8a30a72379070b9a20b203bd771954e1573",
			.dh_ss = "1c38fcae27ee4c8843e6dc901ceab2f4673470aefc92431cc739b01b0b2eb871",
			.ck_after_ss =
				"87258fc5a7f8f81e59bfce501062952c7557f9cb440420dd89410927a45253dc",
			.key_ss =
				"a1c361c2bc752718d37f098417db9a9ff9305b731105cc334102752006ed8079",
			.timestamp = "400000006553f10a07000000",
			.encrypted_timestamp =
				"7005d488bca10c34bd9192375235192af68e887f08fdbbbb2942fe80",
			.h_after_timestamp =
				"fdcf5c8402951c28ee0db1427c9ebd22847ec9ccdcd56b148d987862bd224882",
			.mac1 = "76c44a2dad036a789285de6497cb0031",
			.mac2 = "00000000000000000000000000000000",
			.message =
				"0100000044332211553252cc6e57d07aa5746ca60eccd771316a18bb1d5a8d48"
				"1be086c655a8f57aa34fb60419afa40ec093efb587d0f16d831531e0e1bd4e7c"
				"677f4880e1ac39ccdbd502b1776911bbc539b253a441d7e87005d488bca10c34"
				"bd9192375235192af68e887f08fdbbbb2942fe8076c44a2dad036a789285de64"
				"97cb003100000000000000000000000000000000",
		},
		.response = {
			.ephemeral_public =
				"a75f80c4dabd1bc3f854e7bd1c73d3151783960e06256dd89c3b5d307a0f437e",
			.h_after_e =
				"4d279d123453d6293b874ccc4d4203893002338db594883b5a1e77b0cb473bef",
			.ck_after_e =
				"d408ae91a8abed867bc5b53ce76af24650c1606560c9ad4fcbfd7348decf84ee",
			.dh_ee = "aa67efda0657e7a1ebd18e9044e1e4896f786679d4e9d50bf4b89adf445c871b",
			.ck_after_ee =
				"efead80bed5e6fa9c3ff853daaf8bd9271387d4e0381daba56c879aaac8eada8",
			.dh_se = "3d561b4cc644858e266a75cb443ea9c92b73aa1dee7e07b4f50cf5a3ed1b0d75",
			.ck_after_se =
				"a038dc1eb6044e78cc2eb12041e5d7bed3e763ef8839e1ae14051065db47f23d",
			.psk = "0000000000000000000000000000000000000000000000000000000000000000",
			.ck_after_psk =
				"59f2e55e67ffb88a7e200ecd4c174f1795e34b49b4a7ed1d8333315ffc544ad8",
			.tau = "820ded64f62f61043b29cbace43e1bea336230c64d19f4b83fadd1bbd7c3550b",
			.key_psk =
				"176bf6b304ed64609ed365c2ba00384e229bcc34543791b8ff9015e53fc04293",
			.h_after_psk =
				"1838c7f54f4f3a505562144f4830d14722f43adaceb75bde07e53da12208241c",
			.encrypted_nothing = "2c2a26e20ac908f2a738ffa6cf072b03",
			.h_final =
				"d929e8770427096a4bb4e1309539657ed69e1c3eceaee83a1ff39e7236674471",
			.mac1 = "cf6e785ddd34d9c47d0370e641c87b59",
			.mac2 = "00000000000000000000000000000000",
			.message =
				"02000000ddccbbaa44332211a75f80c4dabd1bc3f854e7bd1c73d3151783960e"
				"06256dd89c3b5d307a0f437e2c2a26e20ac908f2a738ffa6cf072b03cf6e785d"
				"dd34d9c47d0370e641c87b5900000000000000000000000000000000",
			.transport_key_initiator_to_responder =
				"3ee8a5d6b4cf5db8f6e5b121d0768221a33468f90be1ca482c0a28b699116a60",
			.transport_key_responder_to_initiator =
				"a6ae0a050a113213b1759c57c7251119b969711ef8dd2d4259ad601484da0897",
		},
		.n_transport = 5,
		.transport = {
			{
				.what = "keepalive initiator->responder",
				.counter = UINT64_C(0),
				.plaintext = "",
				.message =
					"04000000ddccbbaa0000000000000000f766892e84a59861"
					"a3bea9ffa2d89fdd",
			},
			{
				.what =
					"84-byte IPv4 echo request initiator->responder, "
					"padded to 96 (mtu 1420)",
				.counter = UINT64_C(1),
				.plaintext =
					"4500005400000000400166a70a0000010a00000208002cf6"
					"12340001101112131415161718191a1b1c1d1e1f20212223"
					"2425262728292a2b2c2d2e2f303132333435363738393a3b"
					"3c3d3e3f4041424344454647",
				.message =
					"04000000ddccbbaa0100000000000000cb5be9071d8290ce"
					"9eacde721d85ff220c4415cb86cad541b1c0517403f5f0a0"
					"4106f1746ebd635fce35a7c5cafbc16569bcd56a79b63ca7"
					"9ea5d11ccde92487666b1b63eb1a06b45a1df061ca75fb1a"
					"19e2b4821be0a4e5e8b49f540439ef586b6b19c2b5402981"
					"e94c62cf5c0fde16",
				.padded_len = 96,
			},
			{
				.what =
					"84-byte IPv4 echo reply responder->initiator, pa"
					"dded to 96",
				.counter = UINT64_C(0),
				.plaintext =
					"4500005400000000400166a70a0000020a000001000034f6"
					"12340001101112131415161718191a1b1c1d1e1f20212223"
					"2425262728292a2b2c2d2e2f303132333435363738393a3b"
					"3c3d3e3f4041424344454647",
				.message =
					"040000004433221100000000000000007e7571c8d17013f0"
					"88e31afe26e417fba63f3bc8bb6b8243720a9a76843e615c"
					"cd67e4676245bd594e26a964e871226184a35a23e6933c00"
					"3c46c30f7955ed55f99bfff417c4bbd5f4e07ea051003c17"
					"54e53ca8052eecd514dfc1abb21fc7b8e4b5a15e726c5cc1"
					"368e344b1604b28c",
				.padded_len = 96,
			},
			{
				.what = "unpadded data is legal to receive",
				.counter = UINT64_C(2),
				.plaintext =
					"4500005400000000400166a70a0000010a00000208002cf6"
					"12340001101112131415161718191a1b1c1d1e1f20212223"
					"2425262728292a2b2c2d2e2f303132333435363738393a3b"
					"3c3d3e3f4041424344454647",
				.message =
					"04000000ddccbbaa02000000000000005d792967ee6a47b2"
					"20ceb8eaa47f9ecc27ae8ed71c45c020012144b3a4da2aa4"
					"5c3abc5c52b128cdf8c461a87ad3743f4e9cf54357437a11"
					"42a9a59ea4711800759f320d0ef4cc71a130769931a330f8"
					"27832b32e537c718c73d49b6ca30201e87a948d1",
				.padded_len = 84,
			},
			{
				.what = "large counter (nonce byte order)",
				.counter = UINT64_C(72623859790382856),
				.plaintext = "",
				.message =
					"04000000ddccbbaa0807060504030201958eb00cc4a5882a"
					"6267daf7e56da2d4",
				.nonce = "000000000807060504030201",
			},
		},
	},
	{
		.name = "with_psk",
		.initiator_index = 287454020,
		.responder_index = 2864434397,
		.initiation = {
			.h_after_mix_responder_static =
				"2c42b8d5e4227c6568624894fa75b0157598938b93c816acc79c4d1b6ca6378e",
			.ephemeral_public =
				"553252cc6e57d07aa5746ca60eccd771316a18bb1d5a8d481be086c655a8f57a",
			.h_after_e =
				"616876b1a14f9be18ab8f3f478d601757f6fb33e1e40021ff75ba9c0f4db61b9",
			.ck_after_e =
				"9aab4285646798517643d3ea8e03521ea1fe0f2638a315a0448c5c20c2042f26",
			.dh_es = "735ae16b0b20113f9f4b7ed08f4bafb33eb81858d9c17ff46edc79c44ea21a14",
			.ck_after_es =
				"9e31357bf26a636e920edfbcb79e107d72bf88279ea5e96b1844a20c972c952d",
			.key_es =
				"9dcbd247cfed4ab156837ec3c254eac14561ccdf0c0221bdf1ef52cb3d401540",
			.encrypted_static =
				"a34fb60419afa40ec093efb587d0f16d831531e0e1bd4e7c677f4880e1ac39cc"
				"dbd502b1776911bbc539b253a441d7e8",
			.h_after_s =
				"6be0711d44b1464d2c9d481e908cd8a30a72379070b9a20b203bd771954e1573",
			.dh_ss = "1c38fcae27ee4c8843e6dc901ceab2f4673470aefc92431cc739b01b0b2eb871",
			.ck_after_ss =
				"87258fc5a7f8f81e59bfce501062952c7557f9cb440420dd89410927a45253dc",
			.key_ss =
				"a1c361c2bc752718d37f098417db9a9ff9305b731105cc334102752006ed8079",
			.timestamp = "400000006553f10a07000000",
			.encrypted_timestamp =
				"7005d488bca10c34bd9192375235192af68e887f08fdbbbb2942fe80",
			.h_after_timestamp =
				"fdcf5c8402951c28ee0db1427c9ebd22847ec9ccdcd56b148d987862bd224882",
			.mac1 = "76c44a2dad036a789285de6497cb0031",
			.mac2 = "00000000000000000000000000000000",
			.message =
				"0100000044332211553252cc6e57d07aa5746ca60eccd771316a18bb1d5a8d48"
				"1be086c655a8f57aa34fb60419afa40ec093efb587d0f16d831531e0e1bd4e7c"
				"677f4880e1ac39ccdbd502b1776911bbc539b253a441d7e87005d488bca10c34"
				"bd9192375235192af68e887f08fdbbbb2942fe8076c44a2dad036a789285de64"
				"97cb003100000000000000000000000000000000",
		},
		.response = {
			.ephemeral_public =
				"a75f80c4dabd1bc3f854e7bd1c73d3151783960e06256dd89c3b5d307a0f437e",
			.h_after_e =
				"4d279d123453d6293b874ccc4d4203893002338db594883b5a1e77b0cb473bef",
			.ck_after_e =
				"d408ae91a8abed867bc5b53ce76af24650c1606560c9ad4fcbfd7348decf84ee",
			.dh_ee = "aa67efda0657e7a1ebd18e9044e1e4896f786679d4e9d50bf4b89adf445c871b",
			.ck_after_ee =
				"efead80bed5e6fa9c3ff853daaf8bd9271387d4e0381daba56c879aaac8eada8",
			.dh_se = "3d561b4cc644858e266a75cb443ea9c92b73aa1dee7e07b4f50cf5a3ed1b0d75",
			.ck_after_se =
				"a038dc1eb6044e78cc2eb12041e5d7bed3e763ef8839e1ae14051065db47f23d",
			.psk = "934cd7d07f83a049ab8ae25aecd4ddffc373bfe137cb09714417e6f2a1efdd1b",
			.ck_after_psk =
				"298b813e8423cd4106a7d7050086eafa7b64735dc42a08a26aa80ec6c516f579",
			.tau = "e8eac1d223453e177a24de19d8b829e9975e8555de15a03cba97c1404dbdfa4b",
			.key_psk =
				"c9848bbe824e4bd050c31e259f0910943d3ee4f418e6fb808dd612f7ada007d9",
			.h_after_psk =
				"fa3d1ed8824f12bce26ad344f533edbf9146814d3157094fc6dd5a17afc235ec",
			.encrypted_nothing = "9f44c1bf5b316e2abc5ce8c48fe52c9a",
			.h_final =
				"ccbec8177040e53cac422c727a0b15624acd23c3d791c44e090b4226d1dd3dc0",
			.mac1 = "ceae981b770e804a09e25c1526560e70",
			.mac2 = "00000000000000000000000000000000",
			.message =
				"02000000ddccbbaa44332211a75f80c4dabd1bc3f854e7bd1c73d3151783960e"
				"06256dd89c3b5d307a0f437e9f44c1bf5b316e2abc5ce8c48fe52c9aceae981b"
				"770e804a09e25c1526560e7000000000000000000000000000000000",
			.transport_key_initiator_to_responder =
				"559115f6e97eed763c81d3adee6632dad99243bd516f5c1a8c1f6a686f993aa6",
			.transport_key_responder_to_initiator =
				"cd982904f83b2fc42d99052d973b276f8402fe459b4ec37d8cd222fd9638c200",
		},
		.n_transport = 5,
		.transport = {
			{
				.what = "keepalive initiator->responder",
				.counter = UINT64_C(0),
				.plaintext = "",
				.message =
					"04000000ddccbbaa00000000000000000d90bd00e313aae2"
					"51210890efab3462",
			},
			{
				.what =
					"84-byte IPv4 echo request initiator->responder, "
					"padded to 96 (mtu 1420)",
				.counter = UINT64_C(1),
				.plaintext =
					"4500005400000000400166a70a0000010a00000208002cf6"
					"12340001101112131415161718191a1b1c1d1e1f20212223"
					"2425262728292a2b2c2d2e2f303132333435363738393a3b"
					"3c3d3e3f4041424344454647",
				.message =
					"04000000ddccbbaa0100000000000000266d68953c76055c"
					"8639925420fc2c43e9323fbc70676c3f748b75e9e54bc6b9"
					"b761dffeebc23722b153c4a1f570cb2ebf003071578966f1"
					"b2d4f353ca0e917c37c684f4e99af295e3877262f584713b"
					"5d5b393f8da6e170ecb5e09779433a8207d1f2ad46416f15"
					"8022ff507b381b3f",
				.padded_len = 96,
			},
			{
				.what =
					"84-byte IPv4 echo reply responder->initiator, pa"
					"dded to 96",
				.counter = UINT64_C(0),
				.plaintext =
					"4500005400000000400166a70a0000020a000001000034f6"
					"12340001101112131415161718191a1b1c1d1e1f20212223"
					"2425262728292a2b2c2d2e2f303132333435363738393a3b"
					"3c3d3e3f4041424344454647",
				.message =
					"04000000443322110000000000000000873424794949507a"
					"f1a7c50c444cbb0f128de4fdde27a4509fdf0ceae42ecd34"
					"ca708f23b667e5f1bb1dc6dac6869b6fc18880593f09711f"
					"3ac688daa797063e9da001159f0c110c0eab7192680ade4f"
					"7bd902a9df8edb3c94daf19d846ede6537f8606cf0c61497"
					"47433a2534df2bcb",
				.padded_len = 96,
			},
			{
				.what = "unpadded data is legal to receive",
				.counter = UINT64_C(2),
				.plaintext =
					"4500005400000000400166a70a0000010a00000208002cf6"
					"12340001101112131415161718191a1b1c1d1e1f20212223"
					"2425262728292a2b2c2d2e2f303132333435363738393a3b"
					"3c3d3e3f4041424344454647",
				.message =
					"04000000ddccbbaa0200000000000000ad74b88b5c2fbab0"
					"dae7cc9e4bcd824267b7013899531449262fbc81458d4688"
					"aa2ff0bb80e3f3036bc975dfac7682b8883042f15a6b9ad7"
					"66098e03139e1930cec265d15148dbdf1295bed68608134c"
					"59af770587ff141862f8b77ebb3a2c4d71944fd7",
				.padded_len = 84,
			},
			{
				.what = "large counter (nonce byte order)",
				.counter = UINT64_C(72623859790382856),
				.plaintext = "",
				.message =
					"04000000ddccbbaa08070605040302019446c88437e50b32"
					"df2c0405034f156a",
				.nonce = "000000000807060504030201",
			},
		},
	},
};

static const struct cookie_vectors {
	const char *secret;
	const char *nonce;
	size_t n_replies;
	struct {
		const char *what;
		const char *source_bytes;
		const char *aad_mac1;
		const char *cookie;
		const char *encrypted_cookie;
		const char *message;
	} replies[3];
	struct {
		const char *cookie;
		const char *mac1;
		const char *mac2;
		const char *message;
	} initiation_with_mac2;
} cookie_vectors = {
	.secret = "9dba473d53792c20267847c03f372b4d9cdbe06f297914d1dbeb0e15b5b3f233",
	.nonce = "000102030405060708090a0b0c0d0e0f1011121314151617",
	.n_replies = 3,
	.replies = {
		{
			.what =
				"responder under load answers the no_psk initiation, IPv4 source "
				"192.0.2.33:51820",
			.source_bytes = "c0000221ca6c",
			.aad_mac1 = "76c44a2dad036a789285de6497cb0031",
			.cookie = "e82d8479c1a2ac9a67dbf094c6164c41",
			.encrypted_cookie =
				"d2d2664fcbc0441dd21076ed57ad5c94cd4f466a54cbc536d0f037a8911c0168",
			.message =
				"0300000044332211000102030405060708090a0b0c0d0e0f1011121314151617"
				"d2d2664fcbc0441dd21076ed57ad5c94cd4f466a54cbc536d0f037a8911c0168",
		},
		{
			.what =
				"responder under load answers the no_psk initiation, IPv6 source "
				"[2001:db8::1]:51820",
			.source_bytes = "20010db8000000000000000000000001ca6c",
			.aad_mac1 = "76c44a2dad036a789285de6497cb0031",
			.cookie = "4622480ed39a8a7157afc079ba4a37ec",
			.encrypted_cookie =
				"7cddaa38d9f862f6e26446002bf1273986a2fbc7d72bda0d6908af0881a643aa",
			.message =
				"0300000044332211000102030405060708090a0b0c0d0e0f1011121314151617"
				"7cddaa38d9f862f6e26446002bf1273986a2fbc7d72bda0d6908af0881a643aa",
		},
		{
			.what =
				"initiator under load answers the no_psk response, IPv4 source 19"
				"2.0.2.44:4500",
			.source_bytes = "c000022c1194",
			.aad_mac1 = "cf6e785ddd34d9c47d0370e641c87b59",
			.cookie = "3ef5f0f4b4225457d5623e4e54928267",
			.encrypted_cookie =
				"707afea1ffc005c12f3793fcc82f0502ffeaa2310dcaa09dff0c264f16529685",
			.message =
				"03000000ddccbbaa000102030405060708090a0b0c0d0e0f1011121314151617"
				"707afea1ffc005c12f3793fcc82f0502ffeaa2310dcaa09dff0c264f16529685",
		},
	},
	.initiation_with_mac2 = {
		.cookie = "e82d8479c1a2ac9a67dbf094c6164c41",
		.mac1 = "76c44a2dad036a789285de6497cb0031",
		.mac2 = "129bba007d52f5f80a949876b9efc208",
		.message =
			"0100000044332211553252cc6e57d07aa5746ca60eccd771316a18bb1d5a8d48"
			"1be086c655a8f57aa34fb60419afa40ec093efb587d0f16d831531e0e1bd4e7c"
			"677f4880e1ac39ccdbd502b1776911bbc539b253a441d7e87005d488bca10c34"
			"bd9192375235192af68e887f08fdbbbb2942fe8076c44a2dad036a789285de64"
			"97cb0031129bba007d52f5f80a949876b9efc208",
	},
};

static const struct low_order_vector {
	const char *hex;
	const char *base64;
} low_order_vectors[] = {
	{
		.hex = "0000000000000000000000000000000000000000000000000000000000000000",
		.base64 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	},
	{
		.hex = "0000000000000000000000000000000000000000000000000000000000000080",
		.base64 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
	},
	{
		.hex = "0100000000000000000000000000000000000000000000000000000000000000",
		.base64 = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	},
	{
		.hex = "0100000000000000000000000000000000000000000000000000000000000080",
		.base64 = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
	},
	{
		.hex = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		.base64 = "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
	},
	{
		.hex = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
		.base64 = "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuIA=",
	},
	{
		.hex = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		.base64 = "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=",
	},
	{
		.hex = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
		.base64 = "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEdc=",
	},
	{
		.hex = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		.base64 = "7P///////////////////////////////////////38=",
	},
	{
		.hex = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		.base64 = "7P////////////////////////////////////////8=",
	},
	{
		.hex = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		.base64 = "7f///////////////////////////////////////38=",
	},
	{
		.hex = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		.base64 = "7f////////////////////////////////////////8=",
	},
	{
		.hex = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		.base64 = "7v///////////////////////////////////////38=",
	},
	{
		.hex = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		.base64 = "7v////////////////////////////////////////8=",
	},
};

static const struct padding_vector {
	uint32_t len;
	uint32_t mtu;
	uint32_t pad;
} padding_vectors[] = {
	{ .len = 0, .mtu = 1420, .pad = 0 },
	{ .len = 1, .mtu = 1420, .pad = 15 },
	{ .len = 15, .mtu = 1420, .pad = 1 },
	{ .len = 16, .mtu = 1420, .pad = 0 },
	{ .len = 17, .mtu = 1420, .pad = 15 },
	{ .len = 84, .mtu = 1420, .pad = 12 },
	{ .len = 1405, .mtu = 1420, .pad = 3 },
	{ .len = 1408, .mtu = 1420, .pad = 0 },
	{ .len = 1409, .mtu = 1420, .pad = 11 },
	{ .len = 1419, .mtu = 1420, .pad = 1 },
	{ .len = 1420, .mtu = 1420, .pad = 0 },
	{ .len = 1297, .mtu = 1299, .pad = 2 },
	{ .len = 1299, .mtu = 1299, .pad = 0 },
	{ .len = 1421, .mtu = 1420, .pad = 15 },
	{ .len = 1500, .mtu = 1420, .pad = 0 },
	{ .len = 2840, .mtu = 1420, .pad = 0 },
	{ .len = 5, .mtu = 0, .pad = 11 },
	{ .len = 1420, .mtu = 0, .pad = 4 },
	{ .len = 1280, .mtu = 1280, .pad = 0 },
	{ .len = 1279, .mtu = 1280, .pad = 1 },
};

static const struct replay_vectors {
	uint32_t window;
	uint32_t ring_bits;
	uint32_t word_bits;
	uint64_t reject_after_messages;
	size_t n_sequences;
	struct {
		size_t n_step;
		struct {
			uint64_t counter;
			bool accept;
		} step[34];
	} sequences[3];
} replay_vectors = {
	.window = 8128,
	.ring_bits = 8192,
	.word_bits = 64,
	.reject_after_messages = UINT64_C(18446744073709543486),
	.n_sequences = 3,
	.sequences = {
		{
			.n_step = 34,
			.step = {
				{ .counter = UINT64_C(0), .accept = true },
				{ .counter = UINT64_C(1), .accept = true },
				{ .counter = UINT64_C(1), .accept = false },
				{ .counter = UINT64_C(9), .accept = true },
				{ .counter = UINT64_C(8), .accept = true },
				{ .counter = UINT64_C(7), .accept = true },
				{ .counter = UINT64_C(7), .accept = false },
				{ .counter = UINT64_C(8129), .accept = true },
				{ .counter = UINT64_C(8128), .accept = true },
				{ .counter = UINT64_C(8128), .accept = false },
				{ .counter = UINT64_C(8127), .accept = true },
				{ .counter = UINT64_C(2), .accept = true },
				{ .counter = UINT64_C(2), .accept = false },
				{ .counter = UINT64_C(8145), .accept = true },
				{ .counter = UINT64_C(3), .accept = false },
				{ .counter = UINT64_C(8145), .accept = false },
				{ .counter = UINT64_C(32516), .accept = true },
				{ .counter = UINT64_C(24388), .accept = true },
				{ .counter = UINT64_C(10), .accept = false },
				{ .counter = UINT64_C(24387), .accept = false },
				{ .counter = UINT64_C(24386), .accept = false },
				{ .counter = UINT64_C(24389), .accept = true },
				{ .counter = UINT64_C(24388), .accept = false },
				{ .counter = UINT64_C(0), .accept = false },
				{ .counter = UINT64_C(18446744073709543486), .accept = false },
				{ .counter = UINT64_C(18446744073709543485), .accept = true },
				{ .counter = UINT64_C(18446744073709543486), .accept = false },
				{ .counter = UINT64_C(18446744073709543485), .accept = false },
				{ .counter = UINT64_C(18446744073709543484), .accept = true },
				{ .counter = UINT64_C(18446744073709543487), .accept = false },
				{ .counter = UINT64_C(18446744073709543488), .accept = false },
				{ .counter = UINT64_C(18446744073709543484), .accept = false },
				{ .counter = UINT64_C(18446744073709543483), .accept = true },
				{ .counter = UINT64_C(0), .accept = false },
			},
		},
		{
			.n_step = 6,
			.step = {
				{ .counter = UINT64_C(0), .accept = true },
				{ .counter = UINT64_C(8192), .accept = true },
				{ .counter = UINT64_C(8193), .accept = true },
				{ .counter = UINT64_C(0), .accept = false },
				{ .counter = UINT64_C(64), .accept = false },
				{ .counter = UINT64_C(65), .accept = true },
			},
		},
		{
			.n_step = 7,
			.step = {
				{ .counter = UINT64_C(5), .accept = true },
				{ .counter = UINT64_C(1099511627776), .accept = true },
				{ .counter = UINT64_C(5), .accept = false },
				{ .counter = UINT64_C(1099511619648), .accept = true },
				{ .counter = UINT64_C(1099511619647), .accept = false },
				{ .counter = UINT64_C(1099511627775), .accept = true },
				{ .counter = UINT64_C(1099511627775), .accept = false },
			},
		},
	},
};

static const struct ecn_encapsulate_vector {
	uint32_t inner;
	uint32_t outer;
} ecn_encapsulate_vectors[] = {
	{ .inner = 0, .outer = 0 },
	{ .inner = 1, .outer = 1 },
	{ .inner = 2, .outer = 2 },
	{ .inner = 3, .outer = 2 },
};

static const struct ecn_decapsulate_vector {
	uint32_t outer;
	uint32_t inner;
	uint32_t result;
} ecn_decapsulate_vectors[] = {
	{ .outer = 0, .inner = 0, .result = 0 },
	{ .outer = 1, .inner = 0, .result = 0 },
	{ .outer = 2, .inner = 0, .result = 0 },
	{ .outer = 3, .inner = 0, .result = 0 },
	{ .outer = 0, .inner = 1, .result = 1 },
	{ .outer = 1, .inner = 1, .result = 1 },
	{ .outer = 2, .inner = 1, .result = 1 },
	{ .outer = 3, .inner = 1, .result = 3 },
	{ .outer = 0, .inner = 2, .result = 2 },
	{ .outer = 1, .inner = 2, .result = 1 },
	{ .outer = 2, .inner = 2, .result = 2 },
	{ .outer = 3, .inner = 2, .result = 3 },
	{ .outer = 0, .inner = 3, .result = 3 },
	{ .outer = 1, .inner = 3, .result = 3 },
	{ .outer = 2, .inner = 3, .result = 3 },
	{ .outer = 3, .inner = 3, .result = 3 },
};

static const char *const ecn_names[] = {
	"Not-ECT",
	"ECT(1)",
	"ECT(0)",
	"CE",
};

static const struct clamp_vector {
	const char *raw;
	const char *clamped;
} clamp_vectors[] = {
	{
		.raw = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		.clamped = "f8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	},
	{
		.raw = "0000000000000000000000000000000000000000000000000000000000000000",
		.clamped = "0000000000000000000000000000000000000000000000000000000000000040",
	},
};

static const struct base64_key_vector {
	const char *base64;
	const char *hex;
	const char *public_base64;
} base64_key_vectors[] = {
	{
		.base64 = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=",
		.hex = "c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab614220241801ddf0669",
		.public_base64 = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=",
	},
};

static const char *const base64_invalid_vectors[] = {
	"",
	"AAAA",
	"yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk",
	"yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBm==",
	"//////////////////////////////////////////9=",
	"yAnz5TF+lXXJte14tji3zlMNq-hd2rYUIgJBgB3fBmk=",
};

/* clang-format on */

#endif
