/* SPDX-License-Identifier: Apache-2.0 */
package example;

import io.github.tim4j.usersig.UserSigKey;
import java.security.Principal;
import java.time.Duration;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Makes UserSigs, each for the one who asks: whoever could choose the user id could be anybody. */
@RestController
public class UserSigController {
    private static final Duration VALIDITY = Duration.ofHours(12);

    private final UserSigKey key;

    public UserSigController(UserSigKey key) {
        this.key = key;
    }

    @GetMapping("/usersig")
    public ResponseEntity<String> userSig(Principal user) {
        return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(key.make(user.getName(), VALIDITY));
    }
}
