/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.usersig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tencentyun.TLSSigAPIv2;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class UserSigTest {
    private static final long APP = 1400000000L;
    private static final String SECRET = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
    private static final UserSigKey KEY = new UserSigKey(APP, SECRET);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000L);

    private static int check(String text, String user, Instant now) {
        return KEY.check(text, user, now).code();
    }

    private static String wrap(String json) {
        return UserSigText.wrap(json);
    }

    @Test
    void acceptsWhatTheVendorsGeneratorMakes() throws UserSigFormatException {
        String text = new TLSSigAPIv2(APP, SECRET).genUserSig("alice", 86_400);
        UserSigCheck check = KEY.check(text, "alice", Instant.now());
        assertThat(check.isValid()).as(check.detail()).isTrue();
        UserSig sig = UserSig.parse(text);
        assertThat(sig.userId()).isEqualTo("alice");
        assertThat(sig.sdkAppId()).isEqualTo(APP);
        assertThat(sig.validity()).isEqualTo(Duration.ofDays(1));
        assertThat(sig.issuedAt())
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
        assertThat(sig.expiresAt()).isEqualTo(sig.issuedAt().plusSeconds(86_400));
        assertThat(sig.userbuf()).isEmpty();
    }

    @Test
    void acceptsTheVendorsUserbuf() throws UserSigFormatException {
        String text = new TLSSigAPIv2(APP, SECRET).genPrivateMapKey("alice", 86_400, 10_000, 255);
        assertThat(check(text, "alice", Instant.now())).isZero();
        assertThat(UserSig.parse(text).userbuf())
                .hasValueSatisfying(bytes -> assertThat(bytes).isNotEmpty());
    }

    /** The vendor publishes no reader for Java: so the same fields must give the same signature and the same JSON, up to its order. */
    @Test
    void makesWhatTheVendorsGeneratorMakes() throws Exception {
        String theirs = new TLSSigAPIv2(APP, SECRET).genUserSig("bob_1-x", 3600);
        UserSig read = UserSig.parse(theirs);
        String ours = KEY.make("bob_1-x", Duration.ofHours(1), read.issuedAt(), null);
        assertThat(UserSig.parse(ours)).isEqualTo(read);
        assertThat(inflated(ours).chars().sorted().toArray())
                .isEqualTo(inflated(theirs).chars().sorted().toArray());
    }

    /** Written from the format's description, sharing nothing with the code under test. */
    private static String inflated(String userSig) throws Exception {
        byte[] packed = Base64.getDecoder()
                .decode(userSig.replace('*', '+').replace('-', '/').replace('_', '='));
        Inflater inflater = new Inflater();
        inflater.setInput(packed);
        byte[] json = new byte[4096];
        int length = inflater.inflate(json);
        assertThat(inflater.finished()).isTrue();
        inflater.end();
        return new String(json, 0, length, StandardCharsets.UTF_8);
    }

    @Test
    void eachFaultHasItsCode() throws Exception {
        String good = KEY.make("alice", Duration.ofHours(1), NOW, null);
        assertThat(check(good, "alice", NOW)).isZero();
        assertThat(check("", "alice", NOW)).isEqualTo(70002);
        assertThat(check(null, "alice", NOW)).isEqualTo(70002);
        assertThat(check(good.substring(0, good.length() / 2), "alice", NOW)).isEqualTo(70003);
        assertThat(check("hello", "alice", NOW)).isEqualTo(70003);
        assertThat(check(good + " ", "alice", NOW)).isEqualTo(70003);
        assertThat(check(good, "bob", NOW)).isEqualTo(70013);
        assertThat(check(new UserSigKey(APP + 1, SECRET).make("alice"), "alice", NOW))
                .isEqualTo(70014);
        assertThat(check(new UserSigKey(APP, "another secret").make("alice"), "alice", NOW))
                .isEqualTo(70009);
        assertThat(check(good, "alice", NOW.plusSeconds(3599))).isZero();
        assertThat(check(good, "alice", NOW.plusSeconds(3600))).isEqualTo(70001);
        String json = inflated(good);
        assertThat(check(wrap(json.replace("\"TLS.expire\":3600", "\"TLS.expire\":9999")), "alice", NOW))
                .isEqualTo(70009);
        assertThat(check(wrap(json.replace("\"TLS.ver\":\"2.0\"", "\"TLS.ver\":\"1.0\"")), "alice", NOW))
                .isEqualTo(70005);
        for (String field :
                new String[] {"TLS.ver", "TLS.identifier", "TLS.sdkappid", "TLS.expire", "TLS.time", "TLS.sig"}) {
            assertThat(check(wrap(json.replace(field, "TLS.other")), "alice", NOW))
                    .as(field)
                    .isEqualTo(70005);
        }
        assertThat(check(wrap(json.replace("1400000000", "\"1400000000\"")), "alice", NOW))
                .isEqualTo(70005);
        assertThat(check(wrap(json + "x"), "alice", NOW)).isEqualTo(70003);
    }

    @Test
    void aSmallTextThatGrowsWhenDecompressedIsRefused() {
        Deflater deflater = new Deflater(9);
        deflater.setInput(new byte[4_000_000]);
        deflater.finish();
        byte[] packed = new byte[6000];
        int length = deflater.deflate(packed);
        assertThat(deflater.finished()).isTrue();
        deflater.end();
        String bomb = Base64.getEncoder()
                .encodeToString(Arrays.copyOf(packed, length))
                .replace('+', '*')
                .replace('/', '-')
                .replace('=', '_');
        assertThat(bomb.length()).isLessThan(UserSigText.MAX_TEXT);
        assertThatThrownBy(() -> UserSig.parse(bomb))
                .isInstanceOf(UserSigFormatException.class)
                .hasMessageContaining("16384");
        assertThatThrownBy(() -> UserSig.parse("A".repeat(UserSigText.MAX_TEXT + 1)))
                .hasMessageContaining("8192");
    }

    @Test
    void nothingPrintsASecretOrASignature() throws UserSigFormatException {
        String text = KEY.make("alice");
        UserSig sig = UserSig.parse(text);
        String signature = Base64.getEncoder().encodeToString(sig.signature());
        UserSigCheck check = KEY.check(text, "bob", NOW);
        for (String printed : new String[] {KEY.toString(), sig.toString(), check.toString(), check.detail()}) {
            assertThat(printed).doesNotContain(SECRET).doesNotContain(text).doesNotContain(signature);
        }
        String broken = text.substring(0, 60);
        assertThatThrownBy(() -> UserSig.parse(broken)).message().doesNotContain(broken.substring(0, 20));
    }

    @Test
    void refusesToMakeNonsense() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new UserSigKey(0, SECRET))
                .withMessageContaining("0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new UserSigKey(APP, " "))
                .withMessageContaining("empty");
        assertThatIllegalArgumentException().isThrownBy(() -> KEY.make("")).withMessageContaining("32");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KEY.make("a".repeat(33)))
                .withMessageContaining("32");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KEY.make("\u00e9t\u00e9"))
                .withMessageContaining("ASCII");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KEY.make("alice", Duration.ZERO))
                .withMessageContaining("1 second");
    }

    @Provide
    Arbitrary<String> userIds() {
        return Arbitraries.strings().withCharRange(' ', '~').ofMinLength(1).ofMaxLength(32);
    }

    @Property(tries = 300)
    void whatIsMadeIsReadAndVerified(
            @ForAll("userIds") String user,
            @ForAll @LongRange(min = 1, max = 10_000_000_000L) long validity,
            @ForAll @LongRange(min = 0, max = 10_000_000_000L) long time,
            @ForAll @Size(max = 100) byte[] userbuf)
            throws UserSigFormatException {
        Instant issuedAt = Instant.ofEpochSecond(time);
        String text = KEY.make(user, Duration.ofSeconds(validity), issuedAt, userbuf);
        UserSig sig = UserSig.parse(text);
        assertThat(sig.userId()).isEqualTo(user);
        assertThat(sig.issuedAt()).isEqualTo(issuedAt);
        assertThat(sig.expiresAt()).isEqualTo(issuedAt.plusSeconds(validity));
        assertThat(sig.userbuf()).hasValue(userbuf);
        assertThat(check(text, user, issuedAt)).isZero();
    }

    @Property(tries = 300)
    void oneChangedCharacterNeverPasses(@ForAll @IntRange(max = 150) int position, @ForAll("base64") char other) {
        String text = KEY.make("alice", Duration.ofHours(1), NOW, null);
        if (text.charAt(position) != other) {
            String changed = text.substring(0, position) + other + text.substring(position + 1);
            assertThat(check(changed, "alice", NOW)).isNotZero();
        }
    }

    @Provide
    Arbitrary<Character> base64() {
        return Arbitraries.chars()
                .range('a', 'z')
                .range('A', 'Z')
                .range('0', '9')
                .with('*', '-', '_');
    }

    @Property(tries = 500)
    void garbageIsOnlyEverAFormatException(@ForAll String garbage) {
        assertThat(check(garbage, "alice", NOW)).isIn(70002, 70003, 70005);
    }

    @Property(tries = 1000)
    void garbageJsonIsOnlyEverAFormatException(@ForAll("jsonLike") String garbage) {
        assertThat(check(wrap(garbage), "alice", NOW)).isIn(70003, 70005);
    }

    @Provide
    Arbitrary<String> jsonLike() {
        return Arbitraries.of(
                        "{",
                        "}",
                        "\"",
                        ":",
                        ",",
                        "\"TLS.ver\"",
                        "\"2.0\"",
                        "1",
                        "-",
                        "0",
                        ".5",
                        "e",
                        "\\",
                        "\\u12",
                        "null",
                        "true",
                        "[",
                        " ")
                .list()
                .ofMaxSize(14)
                .map(parts -> "{" + String.join("", parts));
    }
}
