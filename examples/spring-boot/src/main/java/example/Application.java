/* SPDX-License-Identifier: Apache-2.0 */
package example;

import io.github.tim4j.usersig.UserSigKey;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/** A backend whose users log in to Tencent IM: the secret key stays here. */
@SpringBootApplication
public class Application {
    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    /** Here with a password in each request, and the one user of Spring's settings: yours are your own. */
    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .httpBasic(Customizer.withDefaults())
                .build();
    }

    @Bean
    UserSigKey userSigKey(@Value("${tim.sdkappid}") long sdkAppId, @Value("${tim.secret-key}") String secretKey) {
        return new UserSigKey(sdkAppId, secretKey);
    }
}
